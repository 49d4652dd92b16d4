import type { Statement } from './database.ts';

/**
 * From how many characters of arguments on a batch is large. What a batch takes follows from the lists that it is given:
 * so many are 5 to 10 ms, and the thread costs a fraction of one.
 */
export const LARGE_CHARACTERS = 32 * 1024;

/** Whether a batch would keep the thread that runs it from everything else for longer than a request should wait. */
export function hasLongArguments(statements: readonly Statement[]): boolean {
  let size = 0;
  let counted: Statement['args'] | undefined;
  for (const { args } of statements) {
    // Statements over one set of arguments follow each other.
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
