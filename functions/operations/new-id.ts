import { v7 } from 'uuid';

/** Random bytes are cheap by the page and expensive by the dozen. */
const pool = new Uint8Array(4_096);
const ID_BYTES = 16;
let used = pool.length;

/** A UUIDv7 (RFC 9562): sorts roughly by age, but is not an order (isolates have clocks of their own). */
export function newId(): string {
  if (used + ID_BYTES > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const random = pool.subarray(used, used + ID_BYTES);
  used += ID_BYTES;
  return v7({ random });
}

/** Hexadecimal digits that {@link idSeries} counts in: their number is a small integer to the JavaScript engine. */
const COUNTED_DIGITS = 7;
const COUNTED_VALUES = 16 ** COUNTED_DIGITS;

/**
 * Makes ids for the rows of one request, which may be tens of thousands: a counter in the last digits of one id, with a
 * random start (RFC 9562, 6.2).
 */
export function idSeries(): () => string {
  const first = newId();
  const common = first.slice(0, -COUNTED_DIGITS);
  let next = Number.parseInt(first.slice(-COUNTED_DIGITS), 16);
  return () => {
    const counted = next.toString(16).padStart(COUNTED_DIGITS, '0');
    next = (next + 1) % COUNTED_VALUES;
    return common + counted;
  };
}
