import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work in a turn of the event loop after which it is the turn of others. */
const HELD_LONGEST_MS = 10;

let heldSince: number | undefined;
/** Each looks at the time after the work of the one before it. */
let last: Promise<void> = Promise.resolve();

/**
 * To be awaited before work that may hold the event loop: where others have held it for long in this turn, that work begins
 * in a later one, and requests are answered in between. What operations that were observed together plan one after
 * another does not add up.
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
    // The first may come before what there is to read is looked at, the second comes after it.
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
