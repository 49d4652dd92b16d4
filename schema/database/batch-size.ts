import type { Statement } from './database.ts';

/**
 * A batch with arguments of this length is large. The duration of a batch follows from the lists in its arguments: this
 * length takes 5 to 10 ms, and passing a batch to the thread costs a fraction of one.
 */
export const LARGE_CHARACTERS = 32 * 1024;

/** Whether a batch would block its thread for longer than a request should wait. */
export function hasLongArguments(statements: readonly Statement[]): boolean {
  let size = 0;
  let counted: Statement['args'] | undefined;
  for (const { args } of statements) {
    // Consecutive statements often share their arguments.
    if (args === counted) continue;
    counted = args;
    for (const name in args) {
      const value = args[name];
      if (typeof value === 'string') size += value.length;
    }
    if (size >= LARGE_CHARACTERS) return true;
  }
  return false;
}
