/** What ends together is collected once. */
const PAUSE_MS = 1_000;

/**
 * Collects what much work has left in the heap, each time that so much of it was done, by whatever it is counted: V8 alone
 * lets garbage wait that is as much as what lives, and more while others use the processor. Blocks for one to two
 * milliseconds for each megabyte that lives: so long after the work (in milliseconds; 0: at once, in the middle of it) that
 * those who wait for its end have been answered. Does nothing without `--expose-gc` (executor/setup/node.sh).
 */
export function collectGarbageEach(amount: number, afterMs: number): (done: number) => void {
  let sum = 0;
  let collectedAt = Number.NEGATIVE_INFINITY;
  return (done) => {
    sum += done;
    const now = performance.now();
    if (sum < amount || now - collectedAt < PAUSE_MS) return;
    sum = 0;
    collectedAt = now;
    if (afterMs === 0) collect();
    else setTimeout(collect, afterMs).unref();
  };
}

function collect(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync' });
}
