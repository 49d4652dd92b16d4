import { refusal } from './errors.ts';

/*
 * Until when the call that the worker is working off may change the host. A process that is paused and woken later,
 * with calls in its queue, must not work off what is somebody else's by then. Calls are synchronous and never
 * overlap, so there is one such time.
 */

let expires: bigint | null = null;

/** Nanoseconds of process.hrtime.bigint(), which is the same clock in every thread; null: no limit. */
export function setExpiry(time: bigint | null): void {
  expires = time;
}

/** Asked right before each change. @throws NetnsError `expired` */
export function requireTime(action: string): void {
  if (expires !== null && process.hrtime.bigint() >= expires) {
    throw refusal('expired', action, 'the right to change this host ran out while the call waited');
  }
}
