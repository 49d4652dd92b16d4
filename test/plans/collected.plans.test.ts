import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collected, STATEMENTS_DIRECTORY, WHOLE_RUN } from './collected.mjs';
import { exceptions, isCovered } from './exceptions.ts';
import { type LargeDatabase, openLargeDatabase } from './large-database.ts';
import { hasPlan, scansOf } from './scans.ts';
import { triggerBodies } from './trigger-bodies.ts';

/** Indexes of which one value selects a number of rows that grows with the history, or with the queue. */
const UNSELECTIVE = ['operations_unfinished', 'operations_unsuccessful', 'operations_kind'];

const directory = mkdtempSync(join(tmpdir(), 'weft-plans-'));
let large: LargeDatabase;
beforeAll(async () => {
  large = await openLargeDatabase(directory);
});
afterAll(() => {
  large.database.close();
  rmSync(directory, { recursive: true });
});

it('no collected statement scans a table, except for the exceptions', () => {
  const statements = process.env[STATEMENTS_DIRECTORY];
  if (statements === undefined) throw new Error('`npm test` collects the statements and then runs this');
  const { database, tables } = large;
  const scans = collected(statements)
    // A migration makes a table anew by way of another one, which it drops.
    .filter((sql) => hasPlan(sql) && !/\bearlier_/.test(sql))
    .flatMap((sql) => scansOf(database, tables, sql, UNSELECTIVE));
  const unexpected = scans.filter((scan) => !exceptions.some((exception) => isCovered(scan, exception)));
  expect(unexpected.map(({ detail, table, statement }) => `${detail} (${table}): ${statement}`)).toEqual([]);
  if (process.env[WHOLE_RUN] === undefined) return;
  expect(exceptions.filter((exception) => !scans.some((scan) => isCovered(scan, exception)))).toEqual([]);
});

it('no trigger scans a table', () => {
  const { database, tables } = large;
  const bodies = triggerBodies(database);
  expect(bodies.length).toBeGreaterThan(0);
  expect(bodies.flatMap((sql) => scansOf(database, tables, sql, UNSELECTIVE))).toEqual([]);
});

it('referencing rows are found by an index at a deletion', () => {
  const { database, tables } = large;
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
