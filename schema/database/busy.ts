import { DatabaseError } from './database.ts';

/** How long a call waits for another process' lock on the database before it fails as `busy`. */
export const BUSY_MS = 15_000;

const PAUSE_FIRST_MS = 5;
const PAUSE_LONGEST_MS = 50;

/** How long to wait before the next attempt, after this number of attempts that met a lock. */
export function busyPause(attempts: number): number {
  return Math.min(PAUSE_FIRST_MS * 1.5 ** attempts, PAUSE_LONGEST_MS);
}

export function isBusyError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === 'busy';
}

/**
 * Repeats a call that fails because of another process' lock (SQLITE_BUSY). SQLite's own busy timeout would block the
 * thread that serves requests; here the event loop continues. Throws the last `busy` after `busyMs`.
 */
export async function retryWhileBusy<Result>(run: () => Result, busyMs: number): Promise<Result> {
  const end = performance.now() + busyMs;
  for (let attempts = 0; ; attempts += 1) {
    try {
      return run();
    } catch (error) {
      if (!isBusyError(error) || performance.now() >= end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, busyPause(attempts)));
  }
}
