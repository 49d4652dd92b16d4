import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;
/** Only a failure takes this long. */
const LONGEST_MS = 60_000;

/** Waits for a condition; throws with its name if it does not become true in time. */
export async function until(
  what: string,
  condition: () => boolean | undefined | Promise<boolean | undefined>,
  longestMs = LONGEST_MS,
): Promise<void> {
  const end = performance.now() + longestMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it did not come true in ${longestMs} ms that ${what}`);
    await pause(POLL_MS);
  }
}
