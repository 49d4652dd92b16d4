import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../../schema/problem.ts';
import { type Domains, isActive, type Reference } from '../../drivers/libvirt/driver.ts';

/** A guest that is still booting does not notice the button: it is pressed again after this, then after twice as long, … */
const REPEAT_FIRST_MS = 1_000;
/** … up to this. */
const REPEAT_LONGEST_MS = 10_000;
const POLL_MS = 250;

interface ShutDownOptions {
  /** How long the guest may take. */
  readonly timeoutMs: number;
  readonly isUnwanted: () => boolean;
}

/** Asks a guest to power off, again and again, until it has done so. Throws a Problem if it does not in time. */
export async function shutDown(
  domains: Pick<Domains, 'shutdown' | 'describe'>,
  domain: Reference,
  { timeoutMs, isUnwanted }: ShutDownOptions,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  let [next, repeatMs] = [0, REPEAT_FIRST_MS];
  while (await isRunning(domains, domain)) {
    if (isUnwanted()) throw new Unwanted();
    const now = performance.now();
    if (now >= end) throw ignored(domain, timeoutMs);
    if (now >= next) {
      await domains.shutdown(domain);
      next = now + repeatMs;
      repeatMs = Math.min(2 * repeatMs, REPEAT_LONGEST_MS);
    }
    await pause(Math.min(POLL_MS, Math.max(1, end - now)));
  }
}

async function isRunning(domains: Pick<Domains, 'describe'>, { uuid }: Reference): Promise<boolean> {
  const found = await domains.describe(uuid);
  return found !== null && isActive(found.state);
}

function ignored({ name }: Reference, timeoutMs: number): Problem {
  return new Problem('deadline', `Host ${name} has not shut down within ${timeoutMs / 1000} s, and is still running`, {
    hint: 'Its guest may ignore the power button: destroy ends it at once; config shutdown_timeout says how long to wait',
  });
}

/** The operation was cancelled, or the executor is ending: the guest may still shut down. */
class Unwanted extends Error {
  readonly code = 'aborted';
  readonly transient = false;
}
