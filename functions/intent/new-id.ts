import { v7 } from 'uuid';

/** Random bytes are cheap by the page and dear by the dozen. */
const pool = new Uint8Array(4_096);
const ID_BYTES = 16;
let used = pool.length;

/** A UUIDv7 (RFC 9562): a name that sorts roughly by age, and no order (isolates have clocks of their own). */
export function newId(): string {
  if (used + ID_BYTES > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return v7({ random });
}

/** Where the 48 bits begin that {@link idSeries} counts up, and their number of values. */
const COUNTED_AT = 24;
const COUNTED_VALUES = 2 ** 48;

/**
 * Gives ids for the rows of one request, of which there may be ten thousands: a counter in the last 48 bits of one id,
 * from where chance had put it (RFC 9562, 6.2).
 */
export function idSeries(): () => string {
  const first = newId();
  const common = first.slice(0, COUNTED_AT);
  let next = Number.parseInt(first.slice(COUNTED_AT), 16);
  return () => {
    const counted = next.toString(16).padStart(12, '0');
    next = (next + 1) % COUNTED_VALUES;
    return common + counted;
  };
}
