import { expect, it } from 'vitest';
import { collected, STATEMENTS_DIRECTORY, WHOLE_RUN } from './collected.mjs';
import { exceptions, isCovered } from './exceptions.ts';
import { largeDatabase } from './large-database.ts';
import { hasPlan, scansOf } from './scans.ts';
import { triggerBodies } from './trigger-bodies.ts';

it('no statement that the run has collected goes through a table, but for the exceptions', async () => {
  const directory = process.env[STATEMENTS_DIRECTORY];
  if (directory === undefined) throw new Error('`npm test` collects the statements and then runs this');
  const { database, tables } = await largeDatabase();
  const scans = collected(directory)
    // A migration makes a table anew by way of another one, which it drops.
    .filter((sql) => hasPlan(sql) && !/\bearlier_/.test(sql))
    .flatMap((sql) => scansOf(database, tables, sql));
  const unexpected = scans.filter((scan) => !exceptions.some((exception) => isCovered(scan, exception)));
  expect(unexpected.map(({ detail, table, statement }) => `${detail} (${table}): ${statement}`)).toEqual([]);
  if (process.env[WHOLE_RUN] === undefined) return;
  expect(exceptions.filter((exception) => !scans.some((scan) => isCovered(scan, exception)))).toEqual([]);
});

it('no trigger goes through a table', async () => {
  const { database, tables } = await largeDatabase();
  const bodies = triggerBodies(database);
  expect(bodies.length).toBeGreaterThan(0);
  expect(bodies.flatMap((sql) => scansOf(database, tables, sql))).toEqual([]);
});

it('the rows that refer to another are found by an index when that is deleted', async () => {
  const { database, tables } = await largeDatabase();
  const missing = tables.flatMap((table) =>
    database
      .prepare(`SELECT "from" AS child FROM pragma_foreign_key_list(?)`)
      .all(table)
      .map(({ child }) => String(child))
      .filter((child) => scansOf(database, tables, `SELECT 1 FROM ${table} WHERE "${child}" = ?`).length > 0)
      .map((child) => `${table}.${child}`),
  );
  expect(missing).toEqual([]);
});
