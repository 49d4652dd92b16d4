/** After it those who wait for the end of the work have been answered, and what ends together is collected once. */
const SOON_MS = 500;

/**
 * Collects what much work has left in the heap, in the middle of it, each time that so much of it was done, by whatever it
 * is counted: V8 alone lets garbage wait that is as much as what lives, and more while others use the processor. Blocks for
 * one to two milliseconds for each megabyte that lives. Does nothing without `--expose-gc` (executor/setup/node.sh).
 */
export function collectGarbageEach(amount: number): (done: number) => void {
  return countUpTo(amount, collect);
}

/** The same half a second after so much of the work has ended. */
export function collectGarbageSoonAfter(amount: number): (done: number) => void {
  let isDue = false;
  return countUpTo(amount, () => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      collect();
    }, SOON_MS).unref();
  });
}

function countUpTo(amount: number, reached: () => void): (done: number) => void {
  let sum = 0;
  return (done) => {
    sum += done;
    if (sum < amount) return;
    sum = 0;
    reached();
  };
}

function collect(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync' });
}
