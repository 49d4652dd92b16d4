import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredImage } from '../../../schema/resources/images/rows.ts';
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
  /** Undefined: only the processes are of interest. */
  readonly findImage?: (name: string) => Promise<StoredImage | null>;
  readonly isInstalled: () => boolean;
}

export function openProcessViewer({ layers, view, findImage, isInstalled }: ProcessSources): ProcessViewer {
  return {
    async view(networks, everything) {
      const processes = networks.flatMap((network) => network.processes);
      if (processes.length === 0 && !everything) return null;
      const owners = everything ? 'all' : [...new Set(processes.map(({ owner }) => owner))];
      const views = await view(owners);
      const named = processes.flatMap(({ run }) => (run === null ? [] : [run.process.image, imageOf(run.process)]));
      return {
        nowMs: Date.now(),
        views,
        layers: await layersOf(layers, owners),
        images: findImage === undefined ? null : await present(new Set(named), findImage),
        isInstalled: isInstalled(),
      };
    },
  };
}

/** Only the owners that are asked for are looked at, however many others there are. */
async function layersOf(directory: string, owners: readonly string[] | 'all'): Promise<ReadonlySet<string>> {
  if (owners !== 'all') return new Set(owners.filter((owner) => existsSync(join(directory, owner))));
  // It is made with the first layer.
  return new Set(existsSync(directory) ? await readdir(directory) : []);
}

async function present(
  names: ReadonlySet<string>,
  find: (name: string) => Promise<StoredImage | null>,
): Promise<ReadonlyMap<string, StoredImage>> {
  const found = new Map<string, StoredImage>();
  for (const name of names) {
    const image = await find(name);
    if (image !== null) found.set(name, { digest: image.digest, size: image.size, created: image.created });
  }
  return found;
}
