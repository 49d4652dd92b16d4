const QUIET_MS = 1_000;

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

/** In the middle of much work: what it has left so far. Blocks for some milliseconds. */
export function collectGarbage(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
