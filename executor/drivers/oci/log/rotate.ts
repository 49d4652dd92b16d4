import { constants } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogError } from './errors.ts';
import { CURRENT, PREVIOUS } from './files.ts';

/*
 * conmon's own `--log-size-max` replaces the file by an empty one, so weft rotates. conmon 2.1 reads messages of three numbers
 * from the fifo `ctl` in the bundle directory; `2 0 0` makes it open the path of its log anew, as an empty file that
 * replaces what is there: the file must have been renamed before, and one message is sent for each rename.
 *
 * A bound for the time in which weft does not run is `--log-size-max` with several times the limit: each time the current file
 * reaches it all of that file is lost, so it must be more than a process writes between two calls.
 * `--log-global-size-max` keeps the oldest bytes and drops all that follow, so a container that is busy for long would go
 * silent. Both were observed with conmon 2.1.6.
 */

export const DEFAULT_LOG_BYTES = 16 * 1024 * 1024;
const REOPEN = '2 0 0\n';
const LONGEST_REOPEN_MS = 10_000;
const PAUSE_MS = 5;

export interface Rotation {
  readonly directory: string;
  /** Directory of the bundle that conmon was given. */
  readonly bundle: string;
  /** Of both files; half of it is kept always. */
  readonly limitBytes: number;
}

/** Rotates a log that is larger than half its limit; whether it did. One call at a time a log. Throws LogError `timeout`. */
export async function rotateLog({ directory, bundle, limitBytes }: Rotation): Promise<boolean> {
  const current = join(directory, CURRENT);
  const size = await sizeOf(current);
  if (size !== null && size <= limitBytes / 2) return false;
  // Without waiting: nobody reads the fifo of a conmon that has ended, and its log grows no more.
  const fifo = await open(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK).catch(() => null);
  if (fifo === null) return false;
  try {
    // No current file: weft ended after its rename and before its message.
    if (size !== null) await rename(current, join(directory, PREVIOUS));
    await fifo.write(REOPEN);
  } finally {
    await fifo.close();
  }
  const end = performance.now() + LONGEST_REOPEN_MS;
  while ((await sizeOf(current)) === null) {
    if (performance.now() > end) throw new LogError('timeout', 'rotate log', 'conmon does not open its log anew');
    await pause(PAUSE_MS);
  }
  return true;
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
