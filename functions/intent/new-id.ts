import { v7 } from 'uuid';

/** A UUIDv7 (RFC 9562): a name that sorts roughly by age, and no order (isolates have clocks of their own). */
export function newId(): string {
  return v7();
}
