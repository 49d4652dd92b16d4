import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, statement } from '../../schema/database/database.ts';
import { DatabaseTemplate, empty } from './database-template.ts';
import { removeDirectory } from './remove-directory.ts';
import { whenFinished } from './shared.ts';

/** A directory of the running test, removed when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-test-'));
  whenFinished(() => removeDirectory(directory));
  return directory;
}

/** A migrated database of the running test. */
export const temporaryDatabase = copiesOf(empty);

/** Makes databases of the running test's own: copies of one that `prepare` has filled. */
export function preparedDatabase(prepare: (database: Database) => Promise<unknown>): () => Promise<Database> {
  return copiesOf(new DatabaseTemplate(prepare));
}

function copiesOf(template: DatabaseTemplate): () => Promise<Database> {
  return async () => {
    const database = await template.open(join(temporaryDirectory(), 'weft.db'));
    whenFinished(() => database.close());
    return database;
  };
}

export const capable = JSON.stringify({ netns: { available: true, version: '6.1' } });

/** A hypervisor whose executor has just sent a heartbeat. */
export async function insertHypervisor(database: Database, name = 'host1', capabilities = capable): Promise<string> {
  const id = crypto.randomUUID();
  await database.write([
    statement(
      `INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms, last_seen_ms)
       SELECT :id, :name, 1, :capabilities, t, t FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS t)`,
      { id, name, capabilities },
    ),
  ]);
  return id;
}

/** Deletes the rows of all tables except these, and except those that make it a migrated database. */
export async function deleteRows(database: Database, ...kept: readonly string[]): Promise<void> {
  const [tables] = await database.read([
    statement<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name NOT IN ('database', 'migrations') AND name NOT IN (SELECT value FROM json_each(:kept))`,
      { kept: JSON.stringify(kept) },
    ),
  ]);
  await database.write([
    statement('PRAGMA defer_foreign_keys = ON'),
    ...tables.map(({ name }) => statement(`DELETE FROM ${name}`)),
  ]);
}

/** The number of rows of each table, which a rejected request must not change. */
export async function rowCounts(database: Database): Promise<Record<string, number>> {
  const tables = [
    ...['operations', 'operation_subjects', 'events', 'host_names', 'containers', 'cens', 'members', 'guard'],
    ...['hypervisors', 'reservations', 'subnets', 'addresses', 'subnet_interfaces'],
    ...['cins', 'cin_cens', 'cin_addresses', 'cpools', 'vlan_networks', 'foreign_networks'],
    ...['domains', 'domain_disks', 'domain_nics', 'foreign_domains'],
  ];
  const [rows] = await database.read([
    statement<{ name: string; count: number }>(
      tables.map((name) => `SELECT '${name}' AS name, count(*) AS count FROM ${name}`).join(' UNION ALL '),
    ),
  ]);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
