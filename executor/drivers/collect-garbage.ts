const QUIET_MS = 1_000;

const BUSY_MS = 2_000;

let collectedAt = performance.now();
let timer: NodeJS.Timeout | undefined;

/**
 * To be called by a thread whenever it has answered: when it was asked for nothing for a second, what its work has left in
 * its heap is collected and given back to the system. V8 alone waits until the heap has grown by as much again, which is
 * never where the same look comes every half minute. Does nothing without `--expose-gc` (setup/node.sh).
 */
export function collectGarbageWhenQuiet(): void {
  if (globalThis.gc === undefined) return;
  clearTimeout(timer);
  timer = setTimeout(collectGarbage, QUIET_MS).unref();
}

/**
 * The same of a thread that may not come to rest for long: besides, every two seconds, for some milliseconds each time.
 * Its heap would grow to three times of what lives in it.
 */
export function collectGarbageNowAndThen(): void {
  collectGarbageWhenQuiet();
  const now = performance.now();
  if (now - collectedAt < BUSY_MS) return;
  collectedAt = now;
  collectGarbage();
}

/** Again and again, until there is none left. */
function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
