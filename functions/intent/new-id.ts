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
