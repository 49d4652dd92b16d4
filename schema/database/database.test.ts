import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { startLibsqlServer } from '../../test/support/libsql-server.ts';
import { type Database, DatabaseError, guard, numbered, parametersOf, statement } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';
import { openRemote } from './remote.ts';

async function embedded(): Promise<Database> {
  const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
  onTestFinished(() => database.close());
  await migrate(database);
  return database;
}

async function remote(): Promise<Database> {
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'));
  onTestFinished(() => server.close());
  const database = openRemote(server.url);
  onTestFinished(() => database.close());
  await migrate(database);
  return database;
}

const insertEvent = statement("INSERT INTO events (at_ms, type, subject) VALUES (:at, 'test', :subject)", {
  at: 7,
  subject: 'x',
});
const countEvents = statement<{ count: number }>('SELECT count(*) AS count FROM events');

/** The common behaviour of the embedded database and a server. */
describe.each([
  ['the embedded database', embedded],
  ['a libSQL server', remote],
])('%s', (_name, open) => {
  it('runs a batch as one transaction: a guard that is false leaves nothing', async () => {
    const database = await open();
    const failing = database.write([insertEvent, guard('no_such_thing', '1 = 2')]);
    await expect(failing).rejects.toMatchObject({ code: 'guard', reason: 'no_such_thing' });
    expect(await database.read([countEvents])).toEqual([[{ count: 0 }]]);
  });

  it('treats a guard whose condition is NULL as false', async () => {
    const database = await open();
    await expect(database.write([guard('unknown', 'NULL = 1')])).rejects.toMatchObject({
      code: 'guard',
      reason: 'unknown',
    });
  });

  it('names the columns of a constraint', async () => {
    const database = await open();
    const insert = statement("INSERT INTO host_names VALUES ('h', 'link', 'a', 'o')");
    await database.write([insert]);
    const failing = database.write([insertEvent, insert]);
    await expect(failing).rejects.toBeInstanceOf(DatabaseError);
    await expect(failing).rejects.toMatchObject({
      code: 'constraint',
      reason: expect.stringContaining('host_names.name'),
    });
    expect(await database.read([countEvents])).toEqual([[{ count: 0 }]]);
  });

  it('works after an invalid statement', async () => {
    const database = await open();
    await expect(database.write([statement('SELECT nonsense')])).rejects.toMatchObject({ code: 'fault' });
    await database.write([insertEvent]);
    expect(await database.read([countEvents])).toEqual([[{ count: 1 }]]);
  });

  it('returns the rows of each statement, with their original types', async () => {
    const database = await open();
    const [, inserted, rows] = await database.write([
      statement('DELETE FROM events'),
      statement<{ sequence: number; at_ms: number; data: null }>(
        "INSERT INTO events (at_ms, type, subject, data) VALUES (:at, 'test', :subject, :data) RETURNING sequence, at_ms, data",
        { at: 1_795_000_000_000, subject: 'x', data: null, unused: 1 },
      ),
      statement('SELECT typeof(:whole) AS whole, typeof(:part) AS part, typeof(:word) AS word', {
        whole: 1,
        part: 0.5,
        word: 'a',
      }),
    ]);
    expect(inserted).toEqual([{ sequence: expect.any(Number), at_ms: 1_795_000_000_000, data: null }]);
    expect(rows).toEqual([{ whole: 'integer', part: 'real', word: 'text' }]);
  });

  it('keeps all of many concurrent writes', async () => {
    const database = await open();
    await Promise.all(Array.from({ length: 50 }, () => database.write([insertEvent])));
    expect(await database.read([countEvents])).toEqual([[{ count: 50 }]]);
  });

  it('has nothing to migrate the second time, also concurrently', async () => {
    const database = await open();
    expect(await Promise.all([migrate(database), migrate(database)])).toEqual([[], []]);
  });
});

it('parameters are numbered in the order of their first occurrence, and literals are not changed', () => {
  const sql = "SELECT ':a', 'it''s :b', :c, :d_1 || ':d_1', :c";
  expect(parametersOf(sql)).toEqual(['c', 'd_1']);
  expect(numbered(sql)).toBe("SELECT ':a', 'it''s :b', ?1, ?2 || ':d_1', ?1");
});

describe('a libSQL server', () => {
  it('that is away is unavailable, and not a fault', async () => {
    const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'));
    await server.close();
    await expect(openRemote(server.url).read([countEvents])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that requires another token is reported', async () => {
    const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), 'right');
    onTestFinished(() => server.close());
    await expect(openRemote(server.url, 'wrong').read([statement('SELECT 1')])).rejects.toThrow(/token is wrong|401/);
    expect(await openRemote(server.url, 'right').read([statement('SELECT 1 AS one')])).toEqual([[{ one: 1 }]]);
  });
});
