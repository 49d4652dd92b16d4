import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import type { ProgressNote } from '../../schema/store/progress.ts';
import type { WorkStore } from '../../schema/store/store.ts';

/** Writes the progress of all running operations together, periodically. */
export class Progress {
  readonly #store: Pick<WorkStore, 'recordProgress'>;
  readonly #writeMs: number;
  readonly #notes = new Map<number, ProgressNote>();
  #timer: NodeJS.Timeout | undefined;

  /** `writeMs`: how often the progress of long operations is written; one that ends sooner never writes any. */
  constructor(store: Pick<WorkStore, 'recordProgress'>, writeMs: number) {
    this.#store = store;
    this.#writeMs = writeMs;
  }

  note({ sequence }: ClaimedOperation, done: number, total: number, step: string): void {
    this.#notes.set(sequence, { sequence, done, total, step });
    this.#timer ??= setTimeout(() => void this.#write(), this.#writeMs).unref();
  }

  /** The end of the operation replaces its progress. */
  forget({ sequence }: ClaimedOperation): void {
    this.#notes.delete(sequence);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    if (this.#notes.size === 0) return;
    const notes = [...this.#notes.values()];
    this.#notes.clear();
    // A lost write is harmless: the operation's end contains more.
    await this.#store.recordProgress(notes).catch(() => undefined);
  }
}
