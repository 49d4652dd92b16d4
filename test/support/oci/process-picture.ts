import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessView } from '../../../executor/drivers/oci/runtime/driver.ts';
import { processesWith, startTime } from '../../../executor/drivers/oci/runtime/processes.ts';
import { viewProcesses } from '../../../executor/drivers/oci/runtime/view.ts';
import { containerPaths } from '../../../executor/peers/containers.ts';
import type { Instance } from '../instance.ts';

const CGROUPS = '/sys/fs/cgroup';

/**
 * All that processes of containers have on the host, for comparison: what runs, and all that describes it. Containers have
 * their names in place of their ids; what has no row has none.
 */
export async function processPicture(weft: Instance): Promise<Record<string, unknown>> {
  const databaseId = await databaseIdOf(weft);
  const rows = await weft.sql<{ id: string; name: string }>('SELECT id, name FROM containers');
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? 'nobody').sort();
  const paths = containerPaths(weft.stateDirectory, databaseId);
  const parts = ['runc', 'exits', 'sockets', 'bundles'].map((part) => [part, named(entries(join(paths.run, part)))]);
  const owners = [...new Set([...names.keys(), ...entries(join(paths.run, 'bundles'))])];
  return {
    ...Object.fromEntries(parts),
    layers: named(entries(paths.layers)),
    /** Those of the start before are deleted. */
    writable: owners
      .flatMap((owner) =>
        entries(join(paths.layers, owner)).flatMap((name) =>
          name.startsWith('layer-') ? [`${names.get(owner)} ${name}`] : [],
        ),
      )
      .sort(),
    cgroups: named(cgroupsOf(databaseId)),
    monitors: named(owners.flatMap((owner) => monitors(join(paths.run, 'bundles', owner)).map(() => owner))),
    overlays: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(paths.run)).length,
    processes: [...viewProcesses(paths.run, 'all').values()]
      .map(({ owner, phase, number, restarts, failures, detached, limits, pid, exit }) => {
        const name = names.get(owner) ?? 'nobody';
        const place = pid === null ? null : isIn(pid, name);
        return [name, phase, number, restarts, failures, detached, limits, place, exit?.code ?? null];
      })
      .sort(),
  };
}

/** As the runtime's files say it. */
export async function viewsOf(weft: Instance): Promise<ProcessView[]> {
  const { run } = containerPaths(weft.stateDirectory, await databaseIdOf(weft));
  return [...viewProcesses(run, 'all').values()];
}

async function databaseIdOf(weft: Instance): Promise<string> {
  const [database] = await weft.sql<{ id: string }>('SELECT id FROM database');
  return database?.id ?? '';
}

function entries(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** Of conmon, with the runc that it may have started. */
function monitors(bundle: string): number[] {
  return processesWith(bundle).filter((pid) => startTime(pid) !== null);
}

function cgroupsOf(databaseId: string): string[] {
  const places = [CGROUPS, ...entries(CGROUPS).map((name) => join(CGROUPS, name))];
  const found = places.flatMap((place) => {
    const parent = join(place, `weft-${databaseId}`);
    return entries(parent).filter((name) => statSync(join(parent, name), { throwIfNoEntry: false })?.isDirectory());
  });
  return [...new Set(found)];
}

/** Whether a process is in the network namespace of this name. */
function isIn(pid: number, name: string): boolean {
  const there = statSync(`/run/netns/${name}`, { throwIfNoEntry: false });
  const own = statSync(`/proc/${pid}/ns/net`, { throwIfNoEntry: false });
  return there !== undefined && there.ino === own?.ino;
}
