import { expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/support/database.ts';
import { DatabaseError, guard, statement } from './database.ts';
import { watchWrites } from './write-health.ts';

it('keeps the reason of the last failed write until one has reached the database', async () => {
  const real = await temporaryDatabase();
  let fails = false;
  const database = watchWrites({
    ...real,
    write: async (statements, options) => {
      if (fails) throw new DatabaseError('unavailable', 'SQLITE_FULL', 'the disk is full');
      return await real.write(statements, options);
    },
  });
  const write = () => database.write([statement('DELETE FROM guard')]).catch(() => undefined);
  expect(database.writeFailure?.()).toBeNull();
  fails = true;
  await write();
  await database.read([statement('SELECT 1')]);
  expect(database.writeFailure?.()?.error.reason).toBe('SQLITE_FULL');
  fails = false;
  await database.write([guard('never', '0')]).catch(() => undefined);
  expect(database.writeFailure?.()).toBeNull();
  fails = true;
  await write();
  fails = false;
  await write();
  expect(database.writeFailure?.()).toBeNull();
});
