import { setTimeout } from 'node:timers/promises';

/** A shorter round trip is not worth waiting for. */
const SHORTEST_MS = 10;

/** An operation waits for the others for at most so many round trips. */
const ROUND_TRIPS = 2;

/**
 * Operations that were claimed and loaded together. They end at about the same time; if the database is far away, a
 * short wait allows one request to report them all.
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

  /** To be called once for each operation. Returns when the others have ended, too, or after the maximum. */
  async end(): Promise<void> {
    this.#left -= 1;
    if (this.#left === 0) this.#ended.resolve();
    else if (this.#holdMs > 0) {
      await Promise.race([this.#ended.promise, setTimeout(this.#holdMs, undefined, { ref: false })]);
    }
  }
}
