import { setTimeout } from 'node:timers/promises';
import type { Log } from '../../schema/store/prune.ts';
import type { LogStore } from '../../schema/store/store.ts';

/** Between two batches everybody else has a turn: the embedded database works while the process waits. */
const PAUSE_MS = 50;

/** Forgets ended operations and events that are older than `retention` milliseconds, a batch at a time. */
export class Prune {
  readonly #store: LogStore;
  readonly #retention: number;

  constructor(store: LogStore, retention: number) {
    this.#store = store;
    this.#retention = retention;
  }

  /** `isOver` ends it between two batches. */
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
