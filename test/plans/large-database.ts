import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';

const ROWS = 100_000;

/** Columns that have the same value in many rows, or in those of other tables. `i` is the row's number. */
const plausible: ReadonlyMap<string, string> = new Map([
  ['hypervisor', "'hypervisor-' || (i % 50)"],
  ['status', "CASE WHEN i % 1000 = 0 THEN 'pending' WHEN i % 1000 = 1 THEN 'running' ELSE 'succeeded' END"],
  ['state', "CASE WHEN i % 1000 = 0 THEN 'failed' ELSE 'ready' END"],
  ['desired', "CASE WHEN i % 1000 = 0 THEN 'absent' ELSE 'present' END"],
  ['parent', 'CASE WHEN i % 10 = 0 THEN i / 100 END'],
  ['removed', 'CASE WHEN i % 1000 = 0 THEN i END'],
  ['cen', "'id-' || (i / 5)"],
  ['cin_cens.cen', "'id-' || i"],
  // Indexes are on members of it.
  ['spec', `json_object('process', json_object('image', 'image-' || (i / 5)), 'type', 'image-' || (i / 5))`],
]);

interface Column {
  readonly name: string;
  readonly type: string;
}

export interface LargeDatabase {
  readonly database: DatabaseSync;
  readonly tables: readonly string[];
}

/** A migrated database in this directory, whose tables have 100,000 rows each. */
export async function openLargeDatabase(directory: string): Promise<LargeDatabase> {
  const path = join(directory, 'weft.db');
  const embedded = openEmbedded(path);
  await migrate(embedded);
  embedded.close();
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA cache_size = -100000');
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map(({ name }) => String(name));
  database.exec('BEGIN');
  const triggers = dropTriggers(database);
  for (const table of tables) database.exec(fillStatement(database, table));
  for (const trigger of triggers) database.exec(trigger);
  database.exec('COMMIT');
  return { database, tables };
}

/** Their tables are filled like all others. Returns statements that recreate the triggers. */
function dropTriggers(database: DatabaseSync): string[] {
  const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  return triggers.map(({ sql }) => String(sql));
}

function fillStatement(database: DatabaseSync, table: string): string {
  const columns = database.prepare('SELECT name, type FROM pragma_table_info(?)').all(table) as unknown as Column[];
  return `
    WITH RECURSIVE numbers (i) AS (SELECT 1000000 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${1_000_000 + ROWS - 1})
    INSERT INTO ${table} (${columns.map(({ name }) => `"${name}"`).join(', ')})
    SELECT ${columns.map((column) => sqlValue(table, column)).join(', ')} FROM numbers`;
}

function sqlValue(table: string, { name, type }: Column): string {
  return plausible.get(`${table}.${name}`) ?? plausible.get(name) ?? (type === 'TEXT' ? `'${name}-' || i` : 'i');
}
