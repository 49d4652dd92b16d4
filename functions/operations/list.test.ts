import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OperationsQuery } from '../../schema/api/operations.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { operationStatuses } from '../../schema/operation-statuses.ts';
import { scansOf } from '../../test/plans/scans.ts';
import { temporaryDatabase, temporaryDirectory } from '../../test/support/database.ts';
import { EXAMINED_MAX, readOperations } from './list.ts';

type Filter = Omit<OperationsQuery, 'limit' | 'before'>;

const HISTORY = 3 * EXAMINED_MAX;

/** A parent with a part in each thousand, every status, and of the kind `rare` one in ten thousand. */
const insertHistory = `
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${HISTORY})
  INSERT INTO operations (sequence, id, parent, kind, resource, request, generation, status, not_before_ms, deadline_ms,
    attempt, done, total, principal, created_ms)
  SELECT i, 'o' || i, CASE WHEN i % 1000 = 2 THEN 1 END, CASE WHEN i % 10000 = 7 THEN 'rare' ELSE 'usual' END,
    CASE i WHEN 1 THEN NULL ELSE 'resources/' || (i % 5) END, '{}', 0,
    CASE WHEN i % 500 = 3 THEN 'pending' WHEN i % 500 = 4 THEN 'running' WHEN i % 100 = 5 THEN 'failed'
      WHEN i % 1000 = 6 THEN 'cancelled' ELSE 'succeeded' END, 0, 0, 0, 0, 1, 'test', 0 FROM n`;

async function history(): Promise<Database> {
  const database = await temporaryDatabase();
  await database.write([statement(insertHistory)]);
  return database;
}

async function walk(
  database: Database,
  filter: Filter,
  limit: number,
): Promise<{ sequences: number[]; pages: number }> {
  const sequences: number[] = [];
  let pages = 0;
  for (let before: number | undefined, isLast = false; !isLast; pages += 1) {
    const { rows, next } = await readOperations(database, { ...filter, limit, ...(before ? { before } : {}) });
    expect(rows.length).toBeLessThanOrEqual(limit);
    sequences.push(...rows.map(({ sequence }) => sequence));
    before = next;
    isLast = next === undefined;
  }
  return { sequences, pages };
}

/** A single query with the same result that uses none of the indexes. */
async function expected(database: Database, { status, kind, subject, parent }: Filter): Promise<number[]> {
  const [rows] = await database.read([
    statement<{ sequence: number }>(
      `SELECT sequence FROM operations WHERE (:status IS NULL OR status = :status) AND (:kind IS NULL OR kind = :kind)
         AND (:subject IS NULL OR resource = :subject)
         AND (:parent IS NULL OR parent = (SELECT sequence FROM operations WHERE id = :parent)) ORDER BY sequence DESC`,
      { status: status ?? null, kind: kind ?? null, subject: subject ?? null, parent: parent ?? null },
    ),
  ]);
  return rows.map(({ sequence }) => sequence);
}

const statuses = [undefined, ...operationStatuses];
const filters: Filter[] = statuses.flatMap((status) =>
  [undefined, 'rare', 'usual'].flatMap((kind) =>
    [undefined, 'resources/2'].flatMap((subject) =>
      [undefined, 'o1'].map((parent) => ({ status, kind, subject, parent })),
    ),
  ),
);

describe('the list of operations', () => {
  it('returns the result of each filter and each combination in pages, newest first', async () => {
    const database = await history();
    for (const filter of filters) {
      const all = await expected(database, filter);
      const { sequences } = await walk(database, filter, 1000);
      expect({ filter, sequences }).toEqual({ filter, sequences: all });
    }
  });

  it('neither repeats nor skips an operation when others are added and pruned between two pages', async () => {
    const database = await history();
    const first = await readOperations(database, { status: 'failed', limit: 10 });
    await database.write([
      statement(`DELETE FROM operations WHERE sequence IN (${first.rows.map(({ sequence }) => sequence).join()})`),
      statement(insertHistory.replace('SELECT i,', `SELECT i + ${HISTORY},`).replace("'o' || i", "'p' || i")),
    ]);
    const second = await readOperations(database, { status: 'failed', limit: 10, before: first.next });
    const sequences = [...first.rows, ...second.rows].map(({ sequence }) => sequence);
    const highest = HISTORY - 95;
    expect(sequences).toEqual(Array.from({ length: 20 }, (_, index) => highest - index * 100));
  });

  it('examines a limited number of operations for a page: an empty page may have a next one', async () => {
    const database = await history();
    const query: OperationsQuery = { subject: 'resources/0', kind: 'rare', limit: 10 };
    await database.write([statement(`UPDATE operations SET resource = 'resources/0'`)]);
    const empty = await readOperations(database, { ...query, before: 10_000 });
    expect(empty).toEqual({ rows: [], next: 10_000 - EXAMINED_MAX });
    const { sequences, pages } = await walk(database, query, 10);
    expect({ sequences, pages }).toEqual({ sequences: [10_007, 7], pages: HISTORY / EXAMINED_MAX + 1 });
  });

  it('has no next page if the last one is exactly full', async () => {
    const database = await history();
    const { rows, next } = await readOperations(database, { kind: 'rare', limit: 2 });
    expect([rows.length, next]).toEqual([2, undefined]);
  });
});

it('uses an index for every filter except that of success', async () => {
  const path = `${temporaryDirectory()}/weft.db`;
  const embedded = openEmbedded(path);
  await migrate(embedded);
  embedded.close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  const texts = new Map<string, Filter>();
  const reader: Pick<Database, 'read'> = {
    read: async (statements) => {
      for (const { sql } of statements) texts.set(sql, current);
      return statements.map(() => []) as never;
    },
  };
  let current: Filter = {};
  for (const filter of filters) {
    current = filter;
    await readOperations(reader, { ...filter, limit: 10 });
  }
  const scanning = [...texts].filter(([sql]) => scansOf(database, ['operations'], sql).length > 0);
  expect(scanning.map(([, filter]) => filter)).toEqual([
    { status: undefined, kind: undefined, subject: undefined, parent: undefined },
    { status: 'succeeded', kind: undefined, subject: undefined, parent: undefined },
    { status: 'succeeded', kind: undefined, subject: undefined, parent: undefined },
  ]);
});
