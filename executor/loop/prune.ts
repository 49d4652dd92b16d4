import { setTimeout } from 'node:timers/promises';
import type { Log } from '../../schema/store/prune.ts';
import type { LogStore } from '../../schema/store/store.ts';

/**
 * The pause between two batches lets other clients use the database: the embedded database blocks the process while it
 * works.
 */
const PAUSE_MS = 50;

/** Deletes ended operations and events that are older than `retention` milliseconds, in batches. */
export class Prune {
  readonly #store: LogStore;
  readonly #retention: number;

  constructor(store: LogStore, retention: number) {
    this.#store = store;
    this.#retention = retention;
  }

  /** `isOver` stops it between two batches. */
  async run(isOver: () => boolean = () => false): Promise<void> {
    await this.#prune('operations', isOver);
    await this.#prune('events', isOver);
  }

  async #prune(log: Log, isOver: () => boolean): Promise<void> {
    for (let after = 0; !isOver(); ) {
      const rows = await this.#store.findOldest(log, after, this.#retention);
      if (rows === null) return;
      await this.#store.prune(rows, this.#retention);
      if (rows.isEnd) return;
      after = rows.last;
      await setTimeout(PAUSE_MS, undefined, { ref: false });
    }
  }
}
