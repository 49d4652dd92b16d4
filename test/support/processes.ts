import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openRuntime } from '../../executor/drivers/oci/runtime/runtime.ts';
import { containerPaths } from '../../executor/peers/containers.ts';

/** Ends all processes that an executor has started with this state directory, and removes what describes them. */
export async function endProcesses(stateDirectory: string): Promise<void> {
  const databases = join(stateDirectory, 'containers');
  if (!existsSync(databases)) return;
  for (const databaseId of readdirSync(databases)) {
    const { layers, run, group } = containerPaths(stateDirectory, databaseId);
    if (!existsSync(run)) continue;
    const directories = { directory: layers, runDirectory: run, parentGroup: group };
    const runtime = await openRuntime({ ...directories, log: () => undefined });
    for (const owner of (await runtime.view('all')).keys()) await runtime.remove({ owner });
    for (const owner of existsSync(layers) ? readdirSync(layers) : []) await runtime.remove({ owner });
    await runtime.close();
    rmSync(dirname(run), { recursive: true, force: true });
  }
}
