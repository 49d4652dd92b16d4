import { existsSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { controlGroups } from './container.ts';
import { ProcessGroup } from './group.ts';

const PAUSE_MS = 10;
/** What was killed has ended long before, unless the kernel itself waits for a device. */
const LONGEST_END_MS = 10_000;

export interface Leftovers {
  /** Of `runc --root`. */
  readonly runRoot: string;
  /** Contains the directories of all calls. */
  readonly directory: string;
  readonly log: (message: string) => void;
}

/** Kills the commands of a process that was killed while it ran them: nobody else ends them at their timeout. */
export async function endLeftCommands({ runRoot, directory, log }: Leftovers): Promise<void> {
  // It is made with the first container.
  for (const owner of existsSync(runRoot) ? readdirSync(runRoot) : []) {
    try {
      for (const group of ProcessGroup.all(controlGroups(runRoot, owner))) await end(group);
    } catch (error) {
      log(`commands that an earlier process has left in container ${owner} could not be ended: ${error}`);
    }
  }
  rmSync(directory, { recursive: true, force: true });
}

async function end(group: ProcessGroup): Promise<void> {
  const late = performance.now() + LONGEST_END_MS;
  do {
    group.kill();
    if (performance.now() > late) throw new Error('what was killed does not end');
    await pause(PAUSE_MS);
  } while (!group.empty);
  await group.remove(LONGEST_END_MS);
}
