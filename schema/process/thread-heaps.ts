import { setFlagsFromString } from 'node:v8';

/**
 * Limits the young generation of threads that are started from now on to 3 MB, instead of the 12 MB of the main thread:
 * they execute one call after another, of which little is live when it is answered. V8 reads the flag when it creates a
 * heap, and it overrides the thread's own options (`resourceLimits`).
 */
export function keepThreadHeapsSmall(): void {
  setFlagsFromString('--max-semi-space-size=1');
}
