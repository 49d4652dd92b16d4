import { describe, expect, it } from 'vitest';
import { type Database, now, statement } from '../../schema/database/database.ts';
import { findOldest, prune } from '../../schema/store/prune.ts';
import type { LogStore } from '../../schema/store/store.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { Prune } from './prune.ts';

const DAY_MS = 86_400_000;

const insert = `
  INSERT INTO operations (id, parent, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms,
    attempt, done, total, principal, created_ms, finished_ms, key_scope, key)
  SELECT :id || value, :parent, 'h', 'test.do', :id || value, '{}', 0, CASE WHEN :age IS NULL THEN 'running' ELSE 'succeeded' END, 0, 0, 1, 1, 1,
    'test', ${now} - :created, CASE WHEN :age IS NOT NULL THEN ${now} - :age END, 'test', :id || value
  FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < :count) SELECT value FROM n)`;

interface Old {
  readonly count?: number;
  /** Days since it was created. */
  readonly created: number;
  /** Days since it ended; null: it is unfinished. */
  readonly ended: number | null;
  readonly parent?: string;
}

async function file(database: Database, id: string, { count = 1, created, ended, parent }: Old): Promise<void> {
  const [rows] = await database.read([
    statement<{ sequence: number }>('SELECT sequence FROM operations WHERE id = :parent', { parent: parent ?? null }),
  ]);
  const args = {
    id,
    count,
    created: created * DAY_MS,
    age: ended === null ? null : ended * DAY_MS,
    parent: rows[0]?.sequence ?? null,
  };
  await database.write([
    statement(insert, args),
    statement(
      `INSERT INTO events (at_ms, type, subject) SELECT created_ms, 'operation.accepted', id FROM operations WHERE id LIKE :id || '%'`,
      { id },
    ),
  ]);
}

async function left(database: Database, table: 'operations' | 'events'): Promise<string[]> {
  const name = table === 'operations' ? 'id' : 'subject';
  const [rows] = await database.read([
    statement<{ name: string }>(`SELECT ${name} AS name FROM ${table} ORDER BY sequence`),
  ]);
  return rows.map((row) => row.name);
}

function logOf(database: Database): LogStore {
  return {
    findOldest: (log, after, retentionMs) => findOldest(database, log, after, retentionMs),
    prune: (rows, retentionMs) => prune(database, rows, retentionMs),
  };
}

describe('pruning', () => {
  it('deletes old operations that have ended and old events, batch by batch, and nothing else', async () => {
    const database = await temporaryDatabase();
    await file(database, 'waiting', { created: 90, ended: null });
    await file(database, 'old', { created: 80, ended: 80, count: 2_500 });
    await file(database, 'list', { created: 70, ended: 1 });
    await file(database, 'part', { created: 70, ended: 69, parent: 'list1' });
    await file(database, 'late', { created: 60, ended: 2 });
    await file(database, 'young', { created: 3, ended: 3 });
    await new Prune(logOf(database), 30 * DAY_MS).run();
    expect(await left(database, 'operations')).toEqual(['waiting1', 'list1', 'part1', 'late1', 'young1']);
    expect(await left(database, 'events')).toEqual(['young1']);
  });

  it('frees the keys of the operations that it deletes, and no others', async () => {
    const database = await temporaryDatabase();
    await file(database, 'old', { created: 80, ended: 80 });
    await file(database, 'young', { created: 1, ended: 1 });
    await new Prune(logOf(database), 30 * DAY_MS).run();
    await file(database, 'old', { created: 0, ended: 0 });
    await expect(file(database, 'young', { created: 0, ended: 0 })).rejects.toMatchObject({ code: 'constraint' });
  });

  it('reads no more than one batch of each table when there is nothing to delete', async () => {
    const database = await temporaryDatabase();
    await file(database, 'young', { created: 1, ended: 1, count: 5_000 });
    let reads = 0;
    const counting: Database = {
      ...database,
      read: (statements) => {
        reads += 1;
        return database.read(statements);
      },
    };
    await new Prune(logOf(counting), 30 * DAY_MS).run();
    expect(reads).toBe(2);
    expect(await left(database, 'operations')).toHaveLength(5_000);
  });
});
