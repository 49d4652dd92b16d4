import { expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/support/database.ts';
import { hypervisorId, machine } from '../../test/support/loop.ts';
import { type Database, statement } from '../database/database.ts';
import { fileGarbageCollection } from './orphans.ts';
import { register } from './registration.ts';

async function sweeps(database: Database): Promise<number> {
  const [rows] = await database.read([statement<{ count: number }>('SELECT count(*) AS count FROM operations')]);
  return rows[0]?.count ?? 0;
}

it('a scan that began before a sweep ended files no other sweep', async () => {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const collect = (scanMs: number) =>
    database.write(fileGarbageCollection(registration, { collection: 'test.sweep', orphans: [], asked: null, scanMs }));
  await collect(100);
  await collect(100);
  expect(await sweeps(database)).toBe(1);
  await database.write([
    statement("UPDATE operations SET status = 'succeeded', finished_ms = unixepoch() * 1000 - 5000"),
    statement('DELETE FROM operation_subjects'),
  ]);
  await collect(60_000);
  expect(await sweeps(database)).toBe(1);
  await collect(100);
  expect(await sweeps(database)).toBe(2);
});
