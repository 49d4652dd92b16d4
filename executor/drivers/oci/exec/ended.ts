import { setTimeout as pause } from 'node:timers/promises';
import { ExecuteError } from './errors.ts';

/** The kernel ends the other processes of a container before its first one, in less than a millisecond each. */
const LONGEST_END_MS = 2_000;
const PAUSE_MS = 10;

/** The program or its directory is wrong. Other words may mean that runc's own process in the container was killed. */
const PLAIN = /: exec:? |: chdir /;

/**
 * Why a command was not run: because its container does not run any more, if that is so.
 *
 * @param requireRunning throws an ExecuteError `missing` if it does not
 */
export async function reasonOf(
  error: ExecuteError,
  requireRunning: () => Promise<unknown>,
  longestMs = LONGEST_END_MS,
): Promise<ExecuteError> {
  if (error.code !== 'refused' && error.code !== 'host') return error;
  const mayBeCut = error.code === 'refused' && !PLAIN.test(error.detail);
  const end = performance.now() + (mayBeCut ? longestMs : 0);
  for (;;) {
    const cause: unknown = await requireRunning().catch((thrown: unknown) => thrown);
    if (cause instanceof ExecuteError && cause.code === 'missing') return cause;
    if (performance.now() >= end) return error;
    await pause(PAUSE_MS);
  }
}
