import { type Database, statement } from '../../schema/database/database.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import { fence, type Registration } from './registration.ts';

interface Note {
  readonly sequence: number;
  readonly done: number;
  readonly total: number;
  readonly step: string;
}

const write = `
  WITH x AS MATERIALIZED (
    SELECT value ->> 'sequence' AS sequence, value ->> 'done' AS done, value ->> 'total' AS total, value ->> 'step' AS step
    FROM json_each(:notes))
  UPDATE operations SET done = x.done, total = x.total, step = x.step FROM x
  WHERE operations.sequence = x.sequence AND operations.status = 'running' AND operations.epoch = :epoch`;

/** How far the running operations are: all of them in one statement, now and then. */
export class Progress {
  readonly #database: Database;
  readonly #registration: Registration;
  readonly #writeMs: number;
  readonly #notes = new Map<number, Note>();
  #timer: NodeJS.Timeout | undefined;

  /** `writeMs`: how often the progress of long operations is written; one that ends sooner never writes any. */
  constructor(database: Database, registration: Registration, writeMs: number) {
    this.#database = database;
    this.#registration = registration;
    this.#writeMs = writeMs;
  }

  note({ sequence }: ClaimedOperation, done: number, total: number, step: string): void {
    this.#notes.set(sequence, { sequence, done, total, step });
    this.#timer ??= setTimeout(() => void this.#write(), this.#writeMs).unref();
  }

  /** Its end says more. */
  forget({ sequence }: ClaimedOperation): void {
    this.#notes.delete(sequence);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    if (this.#notes.size === 0) return;
    const notes = JSON.stringify([...this.#notes.values()]);
    this.#notes.clear();
    const update = statement(write, { notes, epoch: this.#registration.epoch });
    // A lost note is no loss: the operation's end says the same and more.
    const options = { audience: 'none', call: 'progress' } as const;
    await this.#database.write([fence(this.#registration), update], options).catch(() => undefined);
  }
}
