import { type Database, now, statement } from '../database/database.ts';

/** Rows of one batch: a long transaction would block other writers. */
const BATCH_ROWS = 1_000;

/** The logs that are kept for a limited time: ended operations, and events. */
export type Log = 'operations' | 'events';

const times: Readonly<Record<Log, string>> = { operations: 'created_ms', events: 'at_ms' };

/**
 * The oldest rows after a cursor: sequences increase with time, so the search ends at the first row that is not old.
 */
const selectOldest = (log: Log) => `
  SELECT max(sequence) AS last, coalesce(max(${times[log]}) >= ${now} - :retention, 1) AS young FROM (
    SELECT sequence, ${times[log]} FROM ${log} WHERE sequence > :after ORDER BY sequence LIMIT ${BATCH_ROWS})`;

const remove: Readonly<Record<Log, string>> = {
  // A part is kept as long as its parent.
  operations: `
    DELETE FROM operations WHERE sequence > :after AND sequence <= :last AND finished_ms < ${now} - :retention
      AND NOT EXISTS (SELECT 1 FROM operations p WHERE p.sequence = operations.parent AND coalesce(p.finished_ms >= ${now} - :retention, 1))`,
  events: `DELETE FROM events WHERE sequence > :after AND sequence <= :last AND at_ms < ${now} - :retention`,
};

/** The oldest rows of a log after a cursor, including some that may not be old. */
export interface OldRows {
  readonly log: Log;
  /** Sequences: after `after`, up to `last`. */
  readonly after: number;
  readonly last: number;
  /** Some of them are not old: neither are the rows after them. */
  readonly isEnd: boolean;
}

/** The oldest rows of a log after a sequence, as many as one batch takes; null: there are none. */
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

/** Deletes those of the rows that are older than `retentionMs`. */
export async function prune(database: Database, { log, after, last }: OldRows, retentionMs: number): Promise<void> {
  const args = { after, last, retention: retentionMs };
  await database.write([statement(remove[log], args)], { audience: 'none', call: 'prune' });
}
