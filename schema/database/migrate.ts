import { readdirSync, readFileSync } from 'node:fs';
import { type Database, DatabaseError, type Statement, statement } from './database.ts';

const migrationsDirectory = new URL('../migrations/', import.meta.url);
const viewsDirectory = new URL('../views/', import.meta.url);

interface Migration {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/**
 * Brings the database to this version's tables and views. Each migration is one write transaction that first claims
 * its name, so that of several processes that start at once one applies it and the others find it done.
 * Returns the names of what this call applied.
 */
export async function migrate(database: Database): Promise<string[]> {
  await database.write([
    statement('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)'),
  ]);
  const [rows] = await database.read([statement<{ name: string }>('SELECT name FROM migrations')]);
  const applied = new Set(rows.map(({ name }) => name));
  const pending = [...readMigrations(), readViews()].filter(({ name }) => !applied.has(name));
  const done: string[] = [];
  for (const migration of pending) {
    if (await apply(database, migration)) done.push(migration.name);
  }
  return done;
}

async function apply(database: Database, { name, statements }: Migration): Promise<boolean> {
  const claim = statement("INSERT INTO migrations (name, applied_at) VALUES (:name, datetime('now'))", { name });
  try {
    await database.write([claim, ...statements]);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'constraint' && error.reason.startsWith('migrations.name')) {
      return false;
    }
    throw error;
  }
}

function readMigrations(): Migration[] {
  return sqlFiles(migrationsDirectory).map((name) => ({
    name,
    statements: splitStatements(readFileSync(new URL(name, migrationsDirectory), 'utf8')).map((sql) => statement(sql)),
  }));
}

/** Views hold no data: whenever one of their texts changes, all are made anew under a name that carries the texts' hash. */
function readViews(): Migration {
  const views = sqlFiles(viewsDirectory).map((file) => ({
    name: file.replace(/\.sql$/, ''),
    sql: readFileSync(new URL(file, viewsDirectory), 'utf8'),
  }));
  const version = [...views.map(({ sql }) => sql).join('\n')].reduce(
    (sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0,
    7,
  );
  const name = `views-${version.toString(16)}`;
  return {
    name,
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

/** Cuts a file at the semicolons that end a line; our migrations hold no trigger and no literal that does. */
export function splitStatements(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((sql) => sql.replace(/^\s*--.*$/gm, '').trim())
    .filter((sql) => sql !== '');
}
