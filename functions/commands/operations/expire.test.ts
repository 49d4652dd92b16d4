import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { type Ask, api } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { kill } from '../../../test/support/fleet.ts';
import { expireOperations } from './expire.ts';

const asynchronously = { prefer: 'respond-async' };

/** A dead hypervisor, host1, with operations whose deadline has passed. */
async function deadWithOperations(): Promise<{ database: Database; ask: Ask }> {
  const { database, ask } = await api();
  await ask('PUT', '/host/host1/c', undefined, asynchronously);
  await ask('PUT', '/host/host1/d', undefined, asynchronously);
  await kill(database, 'host1');
  await database.write([statement('UPDATE operations SET deadline_ms = 1')]);
  return { database, ask };
}

async function statuses(database: Database): Promise<unknown[]> {
  const [rows] = await database.read([
    statement<{ status: string }>('SELECT status FROM operations ORDER BY sequence'),
  ]);
  return rows.map(({ status }) => status);
}

describe('an operation of a dead hypervisor', () => {
  it('that was never claimed fails after its deadline, and its rows are rolled back', async () => {
    const { database } = await deadWithOperations();
    expect(await expireOperations(database)).toBe(2);
    expect(await statuses(database)).toEqual(['failed', 'failed']);
    expect(await rowCounts(database)).toMatchObject({ containers: 0, host_names: 0, operation_subjects: 0 });
    expect(await expireOperations(database)).toBe(0);
  });

  it.each([
    ['waits for its next attempt', "status = 'pending', attempt = 1"],
    ['was running', "status = 'running', attempt = 1, epoch = 1"],
  ])('that was claimed and %s waits for the scan of the next start', async (_, change) => {
    const { database } = await deadWithOperations();
    await database.write([statement(`UPDATE operations SET ${change} WHERE resource LIKE '%/c'`)]);
    expect(await expireOperations(database)).toBe(1);
    expect(await statuses(database)).toEqual([change.includes('running') ? 'running' : 'pending', 'failed']);
    expect(await rowCounts(database)).toMatchObject({ containers: 1, operation_subjects: 1 });
  });

  it('or for the removal of its hypervisor', async () => {
    const { database, ask } = await deadWithOperations();
    await database.write([statement("UPDATE operations SET status = 'running', attempt = 1")]);
    expect((await ask('DELETE', '/hypervisors/host1?force=true')).status).toBe(200);
    expect(await statuses(database)).toEqual(['cancelled', 'cancelled', 'succeeded']);
  });

  it('stays as it is if meanwhile it ended, was claimed, or its executor came back', async () => {
    for (const [change, left] of [
      ["UPDATE operations SET status = 'succeeded'", 'succeeded'],
      ["UPDATE operations SET status = 'running', attempt = 1", 'running'],
      ['UPDATE hypervisors SET last_seen_ms = last_seen_ms + 60000', 'pending'],
    ] as const) {
      const { database } = await deadWithOperations();
      await expireOperations({
        ...database,
        write: async (...args) => {
          await database.write([statement(change)]);
          return database.write(...args);
        },
      });
      expect(await statuses(database)).toEqual([left, left]);
      expect(await rowCounts(database)).toMatchObject({ containers: 2, operation_subjects: 2 });
    }
  });

  it('ends completely or not at all: all statements of the batch use the same time', async () => {
    const { database } = await deadWithOperations();
    const batches: readonly { readonly sql: string }[][] = [];
    await expireOperations({
      ...database,
      write: (statements, options) => {
        (batches as { readonly sql: string }[][]).push([...statements]);
        return database.write(statements, options);
      },
    });
    expect(batches).toHaveLength(1);
    const deciding = batches[0]?.filter(({ sql }) => sql.includes('deadline_ms')) ?? [];
    expect(deciding.length).toBeGreaterThan(5);
    expect(deciding.filter(({ sql }) => sql.includes('unixepoch('))).toEqual([]);
  });
});
