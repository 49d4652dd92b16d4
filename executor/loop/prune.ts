import { setTimeout } from 'node:timers/promises';
import { type Database, now, statement } from '../../schema/database/database.ts';

/** Rows of one batch: a long transaction would hold up everybody else's. */
const BATCH_ROWS = 1_000;

/** Between two batches everybody else has a turn: the embedded database works while the process waits. */
const PAUSE_MS = 50;

/** The oldest rows behind a place: sequences grow with time, so the first young row ends the search. */
function selectOldest(table: 'operations' | 'events', time: string): string {
  return `
    SELECT max(sequence) AS last, coalesce(max(${time}) >= ${now} - :retention, 1) AS young FROM (
      SELECT sequence, ${time} FROM ${table} WHERE sequence > :after ORDER BY sequence LIMIT ${BATCH_ROWS})`;
}

const selectOldestOperations = selectOldest('operations', 'created_ms');
const selectOldestEvents = selectOldest('events', 'at_ms');

/** A part stays as long as its list. */
const deleteOperations = `
  DELETE FROM operations WHERE sequence > :after AND sequence <= :last AND finished_ms < ${now} - :retention
    AND NOT EXISTS (SELECT 1 FROM operations p WHERE p.sequence = operations.parent AND coalesce(p.finished_ms >= ${now} - :retention, 1))`;

const deleteEvents = `DELETE FROM events WHERE sequence > :after AND sequence <= :last AND at_ms < ${now} - :retention`;

/** Forgets ended operations and events that are older than `retention` milliseconds, a batch at a time. */
export class Prune {
  readonly #database: Database;
  readonly #retention: number;

  constructor(database: Database, retention: number) {
    this.#database = database;
    this.#retention = retention;
  }

  /** `isOver` ends it between two batches. */
  async run(isOver: () => boolean = () => false): Promise<void> {
    await this.#prune(selectOldestOperations, deleteOperations, isOver);
    await this.#prune(selectOldestEvents, deleteEvents, isOver);
  }

  async #prune(select: string, remove: string, isOver: () => boolean): Promise<void> {
    for (let after = 0; !isOver(); ) {
      const args = { after, retention: this.#retention };
      const [rows] = await this.#database.read([statement<{ last: number | null; young: number }>(select, args)], {
        call: 'prune.select',
      });
      const { last, young } = rows[0] ?? { last: null, young: 1 };
      if (last === null) return;
      await this.#database.write([statement(remove, { ...args, last })], {
        audience: 'none',
        call: 'prune',
      });
      if (young === 1) return;
      after = last;
      await setTimeout(PAUSE_MS, undefined, { ref: false });
    }
  }
}
