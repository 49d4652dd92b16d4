const QUIET_MS = 1_000;

const BUSY_MS = 2_000;

let collectedAt = performance.now();
let timer: NodeJS.Timeout | undefined;

/**
 * To be called by a thread after each answer: when it has had no request for a second, the garbage of its work is
 * collected, and the memory returned to the system. V8 alone waits until the heap has doubled, which never happens if
 * the same observation is repeated every half minute. Does nothing without `--expose-gc` (setup/node.sh).
 */
export function collectGarbageWhenQuiet(): void {
  if (globalThis.gc === undefined) return;
  clearTimeout(timer);
  timer = setTimeout(collectGarbage, QUIET_MS).unref();
}

/**
 * The same for a thread that may not be idle for long: in addition every two seconds, for some milliseconds each time.
 * Otherwise its heap would grow to three times its live size.
 */
export function collectGarbageNowAndThen(): void {
  collectGarbageWhenQuiet();
  const now = performance.now();
  if (now - collectedAt < BUSY_MS) return;
  collectedAt = now;
  collectGarbage();
}

/** V8 repeats it until nothing is left to collect. */
function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
