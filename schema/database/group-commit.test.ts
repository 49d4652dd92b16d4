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

it('more batches than fit into one transaction all come through, in order', async () => {
  const database = await temporaryDatabase();
  const names = Array.from({ length: 300 }, (_, index) => `${index}`);
  await Promise.all(names.map((name) => database.write([insert(name)])));
  expect(await subjects(database)).toEqual(names);
});

it('what waits when the database is closed is told so', async () => {
  const database = await temporaryDatabase();
  const waiting = database.write([insert('a')]);
  database.close();
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable', reason: 'closed' });
});
