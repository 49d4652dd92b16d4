import { refusal } from './errors.ts';

/*
 * Until when this thread may change the host. A process that is paused and woken later, with calls in its queue, must not
 * work off what is somebody else's by then; one whose queue is long goes on for as long as its lease is renewed. So the
 * time is not the call's: it is read in shared memory, where whoever renews the lease writes it.
 */

let expires: BigInt64Array | null = null;

/** Its first number is nanoseconds of process.hrtime.bigint(), which is the same clock in every thread; null: no limit. */
export function setExpiry(shared: BigInt64Array | null): void {
  expires = shared;
}

/** Asked right before each change. @throws NetnsError `expired` */
export function requireTime(action: string): void {
  if (expires !== null && process.hrtime.bigint() >= Atomics.load(expires, 0)) {
    throw refusal('expired', action, 'the lease on this host expired while the call waited');
  }
}
