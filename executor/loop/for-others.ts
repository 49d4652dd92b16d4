import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work in a turn of the event loop after which the work yields. */
const HELD_LONGEST_MS = 10;

let heldSince: number | undefined;
/** Each task checks the time after the task before it. */
let last: Promise<void> = Promise.resolve();

/**
 * To be awaited before work that may hold the event loop. If other work has held it for long in this turn, this work
 * begins in a later one, so that requests are answered in between. Thus the planning of operations that were observed
 * together does not add up.
 */
export function waitForOthers(): Promise<void> {
  last = last.then(untilTurn);
  return last;
}

async function untilTurn(): Promise<void> {
  for (;;) {
    const now = performance.now();
    heldSince ??= beginTurn(now);
    if (now - heldSince < HELD_LONGEST_MS) return;
    // The first immediate may run before I/O is polled; the second runs after it.
    await nextTurn();
    await nextTurn();
  }
}

function beginTurn(now: number): number {
  setImmediate(() => {
    heldSince = undefined;
  });
  return now;
}
