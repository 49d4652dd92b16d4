import { setTimeout as pause } from 'node:timers/promises';
import { RuntimeError } from './errors.ts';

export const PAUSE_MS = 10;

/** @throws RuntimeError `away` if the condition is false for `deadlineMs` milliseconds */
export async function waitUntil(condition: () => boolean, deadlineMs: number, action: string): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new RuntimeError('away', action, `it was not done within ${deadlineMs} ms`);
    await pause(PAUSE_MS);
  }
}
