import { join } from 'node:path';
import { type ContainerPaths, containerPaths } from '../../executor/peers/containers.ts';
import { Registry } from './images/registry.ts';
import { makeShellLayout, type ShellImageOptions } from './images/shell-image.ts';
import { configure } from './images/weft.ts';
import type { LocalWeft } from './local-weft.ts';

export interface RunningContainer {
  /** Id of its row, and its name at runc. */
  readonly owner: string;
  readonly paths: ContainerPaths;
  readonly logDirectory: string;
}

/** A container of weft in which the image of a shell runs. */
export async function runContainer(
  weft: LocalWeft,
  name: string,
  options?: ShellImageOptions,
): Promise<RunningContainer> {
  const registry = await Registry.start();
  const image = registry.push(makeShellLayout(options), 'lab/shell:1', { tag: 'latest' });
  await configure(weft, { image_allow_local: 'true' });
  const { status, body } = await weft.request('PUT', `/host/host1/${name}`, { image });
  if (status !== 200) throw new Error(`container ${name}: ${status} ${JSON.stringify(body)}`);
  return containerOf(weft, name);
}

/** Where the executor keeps a container, whether it has a process or not. */
export async function containerOf(weft: LocalWeft, name: string): Promise<RunningContainer> {
  const [container] = await weft.sql<{ id: string }>(`SELECT id FROM containers WHERE name = '${name}'`);
  const [database] = await weft.sql<{ id: string }>('SELECT id FROM database');
  const [owner, paths] = [container?.id ?? '', containerPaths(weft.stateDirectory, database?.id ?? '')];
  return { owner, paths, logDirectory: join(paths.layers, owner, 'log') };
}
