import { setTimeout } from 'node:timers/promises';

/** A round trip that is shorter is not worth waiting for. */
const SHORTEST_MS = 10;

/** An operation waits for the others for at most so many round trips. */
const ROUND_TRIPS = 2;

/**
 * Operations that were claimed and loaded together. What they did ends at about the same time, and where the database
 * is far away it is worth a moment to report it in one request.
 */
export class ReportHold {
  readonly #holdMs: number;
  readonly #ended = Promise.withResolvers<void>();
  #left: number;

  /** `roundTripMs`: the time that their load took. */
  constructor(operations: number, roundTripMs: number, longestMs: number) {
    this.#left = operations;
    this.#holdMs = roundTripMs < SHORTEST_MS ? 0 : Math.min(ROUND_TRIPS * roundTripMs, longestMs);
  }

  /** To be called once for each. Returns when the others have ended too, or after a moment. */
  async end(): Promise<void> {
    this.#left -= 1;
    if (this.#left === 0) this.#ended.resolve();
    else if (this.#holdMs > 0) {
      await Promise.race([this.#ended.promise, setTimeout(this.#holdMs, undefined, { ref: false })]);
    }
  }
}
