import { type Database, now, statement } from '../database/database.ts';

/** Rows of one batch: a long transaction would hold up everybody else's. */
const BATCH_ROWS = 1_000;

/** What is kept for a while: ended operations, and events. */
export type Log = 'operations' | 'events';

const times: Readonly<Record<Log, string>> = { operations: 'created_ms', events: 'at_ms' };

/** The oldest rows behind a place: sequences grow with time, so the first young row ends the search. */
const selectOldest = (log: Log) => `
  SELECT max(sequence) AS last, coalesce(max(${times[log]}) >= ${now} - :retention, 1) AS young FROM (
    SELECT sequence, ${times[log]} FROM ${log} WHERE sequence > :after ORDER BY sequence LIMIT ${BATCH_ROWS})`;

const remove: Readonly<Record<Log, string>> = {
  // A part stays as long as its list.
  operations: `
    DELETE FROM operations WHERE sequence > :after AND sequence <= :last AND finished_ms < ${now} - :retention
      AND NOT EXISTS (SELECT 1 FROM operations p WHERE p.sequence = operations.parent AND coalesce(p.finished_ms >= ${now} - :retention, 1))`,
  events: `DELETE FROM events WHERE sequence > :after AND sequence <= :last AND at_ms < ${now} - :retention`,
};

/** Rows of a log that are old, or next to those that are. */
export interface OldRows {
  readonly log: Log;
  /** Sequences: behind `after`, up to `last`. */
  readonly after: number;
  readonly last: number;
  /** Some of them are young: there are no older ones behind them. */
  readonly isEnd: boolean;
}

/** The oldest rows of a log behind a sequence, as many as one batch takes; null: there are none. */
export async function findOldest(
  database: Database,
  log: Log,
  after: number,
  retentionMs: number,
): Promise<OldRows | null> {
  const args = { after, retention: retentionMs };
  const [[row]] = await database.read([statement<{ last: number | null; young: number }>(selectOldest(log), args)], {
    call: 'prune.select',
  });
  return row === undefined || row.last === null ? null : { log, after, last: row.last, isEnd: row.young === 1 };
}

/** Forgets those of the rows that are older than `retentionMs`. */
export async function prune(database: Database, { log, after, last }: OldRows, retentionMs: number): Promise<void> {
  const args = { after, last, retention: retentionMs };
  await database.write([statement(remove[log], args)], { audience: 'none', call: 'prune' });
}
