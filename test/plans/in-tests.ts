import { vi } from 'vitest';
import { collect } from './collected.mjs';

/*
 * In a process of vitest weft's code and that of tests make statements side by side: whose one is shows where it is
 * made. (Not where it is prepared, which may be in another turn of the event loop.)
 */

const known = new Set<string>();
const STACK_FRAMES = 30;

vi.mock('../../schema/database/database.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../schema/database/database.ts')>();
  const observed = <Arguments extends unknown[], Made extends { readonly sql: string }>(
    make: (...args: Arguments) => Made,
  ) => {
    return (...args: Arguments): Made => {
      const made = make(...args);
      if (!known.has(made.sql)) keep(made.sql);
      return made;
    };
  };
  return { ...original, statement: observed(original.statement), guard: observed(original.guard) };
});

/** A text that tests and weft make is weft's. */
function keep(sql: string): void {
  const maker = stack().find((frame) => frame.includes('.ts') && !frame.includes('/schema/database/'));
  if (maker === undefined || isOfTests(maker)) return;
  known.add(sql);
  collect(sql);
}

function stack(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_FRAMES;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  return frames.filter((frame) => !frame.includes('/test/plans/') && !frame.includes('/node_modules/'));
}

function isOfTests(frame: string): boolean {
  return frame.includes('/test/') || frame.includes('.test.ts');
}
