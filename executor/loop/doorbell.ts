import type { Database } from '../../schema/database/database.ts';

/** Wakes the loop early: after a commit that this process noticed, or when a place became free. Only ever a hint. */
export class Doorbell {
  readonly #unsubscribe: () => void;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(database: Database) {
    this.#unsubscribe = database.subscribe(() => this.ring());
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Returns at the next ring, or after so many milliseconds; at once if it rang since the last call. */
  async next(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    // Requests that have come in the same moment are recorded first: one claim takes them all.
    await new Promise((resolve) => setImmediate(resolve));
    this.#wake = undefined;
    this.#rung = false;
  }

  close(): void {
    this.#unsubscribe();
    this.ring();
  }
}
