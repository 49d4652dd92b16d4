import { expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/support/database.ts';
import { type Database, guard, statement } from './database.ts';

const insert = (subject: string) =>
  statement("INSERT INTO events (at_ms, type, subject) VALUES (1, 'test', :subject)", { subject });

async function subjects(database: Database): Promise<string[]> {
  const [rows] = await database.read([statement<{ subject: string }>('SELECT subject FROM events ORDER BY sequence')]);
  return rows.map(({ subject }) => subject);
}

it('batches of one turn take effect one by one, each as a whole or not at all', async () => {
  const database = await temporaryDatabase();
  const outcomes = await Promise.allSettled([
    database.write([insert('a'), insert('b')]),
    database.write([insert('c'), guard('never', '1 = 2'), insert('d')]),
    database.write([
      insert('e'),
      statement('INSERT INTO database (id, restore_generation) SELECT id, 0 FROM database'),
    ]),
    database.write([insert('f')]),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { code: 'guard', reason: 'never' } });
  expect(outcomes[2]).toMatchObject({ reason: { code: 'constraint' } });
  expect(await subjects(database)).toEqual(['a', 'b', 'f']);
  expect(await database.read([statement('SELECT * FROM guard')])).toEqual([[]]);
});

it('a batch sees what those before it in the same turn have written', async () => {
  const database = await temporaryDatabase();
  const first = database.write([insert('a')]);
  const second = database.write([statement<{ count: number }>('SELECT count(*) AS count FROM events')]);
  await first;
  expect(await second).toEqual([[{ count: 1 }]]);
});

it('more batches than fit into one transaction are all committed, in order', async () => {
  const database = await temporaryDatabase();
  const names = Array.from({ length: 300 }, (_, index) => `${index}`);
  await Promise.all(names.map((name) => database.write([insert(name)])));
  expect(await subjects(database)).toEqual(names);
});

it('batches that wait when the database is closed are rejected', async () => {
  const database = await temporaryDatabase();
  const waiting = database.write([insert('a')]);
  database.close();
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable', reason: 'closed' });
  await expect(database.write([insert('b')])).rejects.toMatchObject({ code: 'unavailable', reason: 'closed' });
});

it('a full disk is not a fault of the batches: none of the group is committed, and later ones are when there is room', async () => {
  const database = await temporaryDatabase();
  const [[pages]] = await database.write([statement<{ page_count: number }>('PRAGMA page_count')]);
  await database.write([statement(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 1}`)]);
  const outcomes = await Promise.allSettled([
    database.write([insert('a')]),
    database.write([insert('x'.repeat(30_000))]),
  ]);
  expect(outcomes).toMatchObject([{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }]);
  await database.write([statement('PRAGMA max_page_count = 1000000')]);
  await database.write([insert('b')]);
  expect(await subjects(database)).toEqual(['b']);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

it.each([
  ['commits at once where nobody waits', 0, 2],
  ['waits a few turns for more where somebody does', 12, 1],
])('%s', async (_what, waiting, commits) => {
  const database = await temporaryDatabase();
  for (let each = 0; each < waiting; each += 1) database.subscribe(() => undefined);
  let heard = 0;
  database.subscribe(() => {
    heard += 1;
  }, 'early');
  const first = database.write([insert('a')]);
  await turn();
  await turn();
  await Promise.all([first, database.write([insert('b')])]);
  expect(heard).toBe(commits);
});

it('the writes of an early listener come last in the commit that it was notified of', async () => {
  const database = await temporaryDatabase();
  const claimed = Promise.withResolvers<unknown>();
  database.subscribe(() => {
    const count = statement<{ count: number }>('SELECT count(*) AS count FROM events');
    database.write([count], { audience: 'none' }).then(claimed.resolve, claimed.reject);
  }, 'early');
  await Promise.all([database.write([insert('a')]), database.write([insert('b')])]);
  expect(await claimed.promise).toEqual([[{ count: 2 }]]);
});
