import type { ProcessView } from './driver.ts';

/** A run that is shorter counts as failed, in milliseconds. */
const SHORT_MS = 10_000;

/** What is known at a start from the process before. Another number begins from zero. */
export function historyAfter(
  before: Pick<ProcessView, 'number' | 'restarts' | 'failures' | 'startedMs' | 'exit' | 'stopped'> | null,
  number: number,
): Pick<ProcessView, 'restarts' | 'failures'> {
  if (before?.number !== number) return { restarts: 0, failures: 0 };
  // It goes on after a change that was undone.
  if (before.stopped === true) return { restarts: before.restarts, failures: before.failures };
  // One that still runs is replaced, and has not failed.
  return { restarts: before.restarts + 1, failures: before.exit === null ? 0 : failuresUntil(before) };
}

/** How many short runs have directly followed each other, with this one if it has ended. */
export function failuresUntil({
  failures,
  startedMs,
  exit,
}: Pick<ProcessView, 'failures' | 'startedMs' | 'exit'>): number {
  if (exit === null) return failures;
  return exit.finishedMs - startedMs < SHORT_MS ? failures + 1 : 0;
}
