import type { Logger } from '../../schema/process/logger.ts';
import { PASS_MS, type PassOf } from '../../schema/resources/readings.ts';

/** Between the end of a pass that took long and the next one. */
const PAUSE_MS = 1_000;

export interface PassesOptions<Reading> {
  /** Whose statistics they are, for the log: `containers`. */
  readonly of: string;
  /** Reads what all of them use. `isClosed`: the reading is no longer wanted. Null: they cannot be read now. */
  readonly read: (isClosed: () => boolean) => Promise<readonly Reading[] | null>;
  /** How long readings are kept if a pass has so many. */
  readonly keepMs: (readings: number) => number;
  /** Writes a pass; returns whether any readings remain. */
  readonly record: (pass: PassOf<Reading>) => Promise<boolean>;
  readonly log: Pick<Logger, 'warn'>;
  readonly intervalMs?: number | undefined;
}

/**
 * Records every 10 seconds what resources use. One pass is read and written at a time; one that the database does not take
 * is dropped.
 */
export class Passes<Reading> {
  readonly #options: PassesOptions<Reading>;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  readonly #closed = Promise.withResolvers<null>();
  #isClosed = false;
  #isFailing = false;
  /** At the start there may be some of the executor before. */
  #remain = true;

  constructor(options: PassesOptions<Reading>) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? PASS_MS;
    this.#schedule(this.#intervalMs);
  }

  /** A reading that has begun is dropped, however long it takes; one that is being written is waited for. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed.resolve(null);
    clearTimeout(this.#timer);
    await this.#pass;
  }

  #schedule(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#pass = this.#tryToRecord(began).then(() => {
        if (this.#isClosed) return;
        const rest = this.#intervalMs - (performance.now() - began);
        this.#schedule(Math.max(rest, Math.min(PAUSE_MS, this.#intervalMs)));
      });
    }, pauseMs).unref();
  }

  async #tryToRecord(began: number): Promise<void> {
    const { of, read, keepMs, record, log } = this.#options;
    try {
      const readings = await Promise.race([read(() => this.#isClosed), this.#closed.promise]);
      if (readings === null || this.#isClosed) return;
      // A host without any of them costs the database nothing.
      if (readings.length === 0 && !this.#remain) return;
      const ageMs = Math.round(performance.now() - began);
      this.#remain = await record({ ageMs, keepMs: keepMs(readings.length), readings });
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.warn({ err: error }, `the statistics of ${of} could not be recorded`);
      this.#isFailing = true;
    }
  }
}
