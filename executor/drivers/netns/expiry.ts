import { refusal } from './errors.ts';

/*
 * Until when this thread may change the host. A process that was paused and resumed, with calls in its queue, must not
 * execute what another process may own by then; one with a long queue may continue as long as its lease is renewed. So
 * the time is not an argument of the call: it is read from shared memory, and written by the renewal of the lease.
 */

let expires: BigInt64Array | null = null;

/**
 * Its first element is in nanoseconds of process.hrtime.bigint(), which is the same clock in every thread; null: no
 * limit.
 */
export function setExpiry(shared: BigInt64Array | null): void {
  expires = shared;
}

/** To be called right before each change. @throws NetnsError `expired` */
export function requireTime(action: string): void {
  if (expires !== null && process.hrtime.bigint() >= Atomics.load(expires, 0)) {
    throw refusal('expired', action, 'the lease on this host expired while the call waited');
  }
}
