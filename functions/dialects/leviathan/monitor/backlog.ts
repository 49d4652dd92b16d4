/** The state of a CIN with 20,000 containers has about as many bytes. */
export const WAITING_BYTES = 2 * 1024 * 1024;
/** One change may concern many monitors of a connection: all of it waits for a moment, also for a client that reads. */
export const WAITING_MS = 500;
/** However short a time: what waits is in the memory. */
export const WAITING_MAX_BYTES = 16 * 1024 * 1024;

/** What a client has not taken yet, as it is seen before each message. */
export class Backlog {
  /** Since when there has been too much of it at all messages. */
  #sinceMs: number | undefined;

  /** Whether the client reads too slowly; `nowMs`: of a clock that is never set. */
  isTooLong(bytes: number, nowMs: number): boolean {
    if (bytes <= WAITING_BYTES) {
      this.#sinceMs = undefined;
      return false;
    }
    this.#sinceMs ??= nowMs;
    return bytes > WAITING_MAX_BYTES || nowMs - this.#sinceMs > WAITING_MS;
  }
}
