/**
 * By then requests that waited for the work have been answered, and one collection serves all work that ends together.
 */
const SOON_MS = 500;

/**
 * Collects garbage during extensive work, each time that `amount` of it was done, in whatever unit: V8 alone lets
 * garbage grow to the size of the live heap, and further while other processes use the processor. Blocks for one to two
 * milliseconds for each live megabyte. Does nothing without `--expose-gc` (executor/setup/node.sh).
 */
export function collectGarbageEach(amount: number): (done: number) => void {
  return countUpTo(amount, collect);
}

/** The same, half a second after that amount of work has ended. */
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
