import { readdir } from 'node:fs/promises';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { Network } from './desired.ts';
import { imageOf } from './processes.ts';
import type { ObservedProcesses } from './steps.ts';

/** Reads the processes of containers, and what they need. */
export interface ProcessViewer {
  /** Null: nothing of them was asked for, and there is none. */
  view(networks: readonly Network[], everything: boolean): Promise<ObservedProcesses | null>;
}

export interface ProcessSources {
  /** Directory of the writable layers, by owner. */
  readonly layers: string;
  readonly view: (owners: readonly string[] | 'all') => Promise<ReadonlyMap<string, ProcessView>>;
  /** Whether an image of this name is there; undefined: only the processes are of interest. */
  readonly hasImage?: (name: string) => Promise<boolean>;
  readonly isInstalled: () => boolean;
}

export function openProcessViewer({ layers, view, hasImage, isInstalled }: ProcessSources): ProcessViewer {
  return {
    async view(networks, everything) {
      const processes = networks.flatMap((network) => network.processes);
      if (processes.length === 0 && !everything) return null;
      const owners = everything ? 'all' : [...new Set(processes.map(({ owner }) => owner))];
      const views = await view(owners);
      const ended = processes.filter(({ owner, run }) => run !== null && views.get(owner)?.phase !== 'running');
      const names = new Set(ended.flatMap(({ run }) => (run === null ? [] : [imageOf(run.process)])));
      return {
        nowMs: Date.now(),
        views,
        layers: new Set(await readdir(layers).catch(() => [])),
        images: hasImage === undefined ? null : await present(names, hasImage),
        isInstalled: isInstalled(),
      };
    },
  };
}

async function present(names: ReadonlySet<string>, has: (name: string) => Promise<boolean>): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of names) if (await has(name)) found.add(name);
  return found;
}
