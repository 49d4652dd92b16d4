import type { Database } from '../../schema/database/database.ts';

/** Wakes the loop early: with a commit that this process notices, or when a place became free. Only ever a hint. */
export class Doorbell {
  readonly #unsubscribe: () => void;
  #rung = false;
  #wake: (() => void) | undefined;
  #end: (() => void) | undefined;
  #closed = false;

  constructor(database: Database) {
    this.#unsubscribe = database.subscribe(() => this.ring(), 'early');
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
    this.#wake = undefined;
    this.#rung = false;
  }

  /** Returns after so many milliseconds, whatever rings; at once when it is closed. */
  async pause(milliseconds: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#end?.();
    this.ring();
  }
}
