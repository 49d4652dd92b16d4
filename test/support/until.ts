import { setTimeout as pause } from 'node:timers/promises';

/** Each pause is a tenth longer than the one before: to ask is work, too, that what is waited for has to wait for. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
/** Only a failure takes this long. */
const LONGEST_MS = 60_000;

/** Waits for a condition; throws with its name if it does not become true in time. */
export async function until(
  what: string,
  condition: () => boolean | undefined | Promise<boolean | undefined>,
  longestMs = LONGEST_MS,
): Promise<void> {
  const end = performance.now() + longestMs;
  let pauseMs = FIRST_PAUSE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it did not come true in ${longestMs} ms that ${what}`);
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 1.1, LONGEST_PAUSE_MS);
  }
}
