import { expect, it } from 'vitest';
import { type Database, DatabaseError, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { SchemaCheck } from './schema-check.ts';

const newer = new Problem('unavailable', 'The database was migrated by a newer version of weft');

it('checks a good database once, and any other one each time', async () => {
  const database = await temporaryDatabase();
  const answers = [newer, newer, undefined];
  let checks = 0;
  const check = new SchemaCheck(async () => {
    checks += 1;
    return answers[checks - 1];
  });
  for (const _ of [1, 2]) await expect(check.require(database)).rejects.toBe(newer);
  for (const _ of [1, 2]) await check.require(database);
  expect(checks).toBe(3);
});

it('distinguishes a database without tables, and without a migration, from one that does not answer', async () => {
  const database = await temporaryDatabase();
  await new SchemaCheck().require(database);
  const detail = expect.stringContaining('was not migrated yet');
  await database.write([statement('DELETE FROM migrations')]);
  await expect(new SchemaCheck().require(database)).rejects.toMatchObject({ code: 'unavailable', message: detail });
  await database.write([statement('DROP TABLE migrations')]);
  await expect(new SchemaCheck().require(database)).rejects.toMatchObject({ code: 'unavailable', message: detail });
  const away = new DatabaseError('unavailable', 'ECONNREFUSED', 'connect ECONNREFUSED');
  const read: Database['read'] = async () => {
    throw away;
  };
  await expect(new SchemaCheck().require({ ...database, read })).rejects.toBe(away);
});

it('rejects a database that a newer version has migrated, unless that one allows this version', async () => {
  const database = await temporaryDatabase();
  const later = (name: string, oldest: string) =>
    database.write([
      statement("INSERT INTO migrations (name, applied_at, oldest) VALUES (:name, '', :oldest)", { name, oldest }),
    ]);
  await later('0998_friendly.sql', '0.1.0');
  await new SchemaCheck().require(database);
  await later('0999_strange.sql', '999.0.0');
  await expect(new SchemaCheck().require(database)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('migrated by a newer version of weft'),
    hint: expect.stringContaining('weft 999.0.0 or later'),
  });
});
