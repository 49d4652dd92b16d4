import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Problem } from '../problem.ts';
import { type Database, DatabaseError, type Statement, statement } from './database.ts';
import { type AppliedMigration, isMissing, selectMigrations, tooNew, unknownTo } from './known-migrations.ts';

const migrationsDirectory = new URL('../migrations/', import.meta.url);
const viewsDirectory = new URL('../views/', import.meta.url);

interface Migration {
  readonly name: string;
  /** The oldest version of weft that may run beside it; null for views, which are compatible with any. */
  readonly oldest: string | null;
  readonly statements: readonly Statement[];
}

export interface MigrateOptions {
  /**
   * Ids of databases that state files on this machine name: an empty database in place of one of them is a mistake,
   * after which the objects on the host would belong to no database.
   */
  readonly remembered?: readonly string[];
}

/**
 * Brings the database to this version's tables and views. Each migration is one write transaction that first claims its
 * name, so that of several processes that start at the same time one applies it and the others skip it. Returns the
 * names of the migrations that this call applied. Throws a {@link Problem} if this version must not use the database.
 */
export async function migrate(database: Database, { remembered = [] }: MigrateOptions = {}): Promise<string[]> {
  const before = await appliedMigrations(database);
  if (before.length === 0) refuseForgotten(remembered);
  await makeTable(database);
  const rows = await appliedMigrations(database);
  const problem = tooNew(rows);
  if (problem) throw problem;
  const applied = new Set(rows.map(({ name }) => name));
  // A compatible later version has created the views that fit its tables.
  const wanted = unknownTo(rows).length > 0 ? readMigrations() : [...readMigrations(), readViews()];
  const done: string[] = [];
  for (const migration of wanted.filter(({ name }) => !applied.has(name))) {
    if (await apply(database, migration)) done.push(migration.name);
  }
  return done;
}

/** Also for a database that was never migrated, or only by a version from before the column `oldest`. */
async function appliedMigrations(database: Database): Promise<readonly AppliedMigration[]> {
  const [columns] = await database.read(
    [statement<{ name: string }>("SELECT name FROM pragma_table_info('migrations')")],
    { call: 'migrations' },
  );
  if (columns.length === 0) return [];
  const hasOldest = columns.some(({ name }) => name === 'oldest');
  const select = hasOldest
    ? selectMigrations
    : statement<AppliedMigration>('SELECT name, NULL AS oldest FROM migrations ORDER BY name');
  const [rows] = await database.read([select], { call: 'migrations' });
  return rows;
}

/** The state files of this host name another database, and this one is new. */
export function refuseForgotten(remembered: readonly string[]): void {
  const [id] = remembered;
  if (id === undefined) return;
  throw new Problem('conflict', `The state directory remembers the database ${id}, and the configured one is empty`, {
    hint: `Restore that database, or remove the notes seen-*.json in the state directory to begin with a new one`,
  });
}

async function makeTable(database: Database): Promise<void> {
  const create =
    'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL, oldest TEXT)';
  await database.write([statement(create)], { call: 'migrate' });
  try {
    await database.read([selectMigrations], { call: 'migrations' });
  } catch (error) {
    if (!isMissing(error)) throw error;
    await addColumn(database);
  }
}

/** Of several processes that start at the same time the first adds it. */
async function addColumn(database: Database): Promise<void> {
  try {
    await database.write([statement('ALTER TABLE migrations ADD COLUMN oldest TEXT')], { call: 'migrate' });
  } catch (error) {
    if (!(error instanceof DatabaseError && error.message.includes('duplicate column'))) throw error;
  }
}

async function apply(database: Database, { name, oldest, statements }: Migration): Promise<boolean> {
  const claim = statement(
    "INSERT INTO migrations (name, applied_at, oldest) VALUES (:name, datetime('now'), :oldest)",
    { name, oldest },
  );
  try {
    await database.write([claim, ...statements], { call: 'migrate' });
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'constraint' && error.reason.startsWith('migrations.name')) {
      return false;
    }
    throw error;
  }
}

function readMigrations(): Migration[] {
  return sqlFiles(migrationsDirectory).map((name) => {
    const text = readFileSync(new URL(name, migrationsDirectory), 'utf8');
    return { name, oldest: oldestOf(text), statements: splitStatements(text).map((sql) => statement(sql)) };
  });
}

/** The first line of a migration is `-- oldest: 0.2.0`; migrations of the first version have none. */
export function oldestOf(text: string): string | null {
  return /^-- oldest: (\d+\.\d+\.\d+)\n/.exec(text)?.[1] ?? null;
}

/**
 * Views hold no data: whenever one of their texts changes, all are recreated, as a migration whose name contains the
 * texts' hash.
 */
function readViews(): Migration {
  const views = sqlFiles(viewsDirectory).map((file) => ({
    name: file.replace(/\.sql$/, ''),
    sql: readFileSync(new URL(file, viewsDirectory), 'utf8'),
  }));
  const hash = createHash('sha256').update(views.map(({ sql }) => sql).join('\n'));
  const name = `views-${hash.digest('hex').slice(0, 16)}`;
  return {
    name,
    oldest: null,
    statements: [
      statement("DELETE FROM migrations WHERE name LIKE 'views-%' AND name <> :name", { name }),
      ...viewStatements(views),
    ],
  };
}

function viewStatements(views: readonly { name: string; sql: string }[]): Statement[] {
  return views.flatMap(({ name, sql }) => [
    statement(`DROP VIEW IF EXISTS ${name}`),
    ...splitStatements(sql).map((text) => statement(text)),
  ]);
}

function sqlFiles(directory: URL): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
}

/**
 * Splits a file at the semicolons that end a line, except those in a trigger; no literal in weft's files has one there.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  for (const part of text.split(/;\s*$/m).map((sql) => sql.replace(/^\s*--.*$/gm, '').trim())) {
    const open = statements.at(-1);
    if (open !== undefined && isOpenTrigger(open)) statements[statements.length - 1] = `${open};\n${part}`;
    else if (part !== '') statements.push(part);
  }
  return statements;
}

function isOpenTrigger(sql: string): boolean {
  return sql.startsWith('CREATE TRIGGER') && !sql.endsWith('\nEND');
}
