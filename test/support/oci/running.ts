import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ContainerRuntime } from '../../../executor/drivers/oci/runtime/driver.ts';
import { openRuntime } from '../../../executor/drivers/oci/runtime/runtime.ts';
import { type ContainerPaths, containerPaths } from '../../../executor/peers/containers.ts';
import { temporaryDirectory } from '../database.ts';
import type { LocalWeft } from '../local-weft.ts';
import { startRequest } from './request.ts';

/** A container of weft whose process the test has started, by the runtime's driver. */
export interface RunningContainer {
  /** Id of its row, and its name at runc. */
  readonly owner: string;
  readonly paths: ContainerPaths;
  readonly runtime: ContainerRuntime;
}

/** Makes a container and starts a program of busybox in it; all of it ends with the test. */
export async function runContainer(
  weft: LocalWeft,
  name: string,
  args: readonly string[] = ['/bin/busybox', 'sleep', '600'],
): Promise<RunningContainer> {
  const { status } = await weft.request('PUT', `/host/host1/${name}`);
  if (status !== 200) throw new Error(`container ${name}: ${status}`);
  const [container] = await weft.sql<{ id: string }>(`SELECT id FROM containers WHERE name = '${name}'`);
  const [database] = await weft.sql<{ id: string }>('SELECT id FROM database');
  const owner = container?.id ?? '';
  const paths = containerPaths(weft.stateDirectory, database?.id ?? '');
  const runtime = await openRuntime({ directory: paths.layers, runDirectory: paths.run, log: () => {} });
  onTestFinished(async () => {
    await runtime.remove({ owner });
    await runtime.close();
  });
  await runtime.start({
    ...startRequest(busybox(), args, owner),
    networkNamespace: `/run/netns/${name}`,
  });
  return { owner, paths, runtime };
}

function busybox(): string {
  const lower = join(temporaryDirectory(), 'image');
  for (const name of ['bin', 'proc']) mkdirSync(join(lower, name), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(lower, 'bin/busybox'));
  return lower;
}
