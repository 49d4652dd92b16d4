import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { startLibsqlServer } from '../../test/support/libsql-server.ts';
import { type Database, statement } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { queryFile } from './read-only.ts';
import { queryServer } from './read-only-remote.ts';
import { openRemote } from './remote.ts';

/** Statements to be rejected, in a directory where `other` is a file that does not exist. */
const writes = (other: string) => [
  'DELETE FROM t',
  'WITH x AS (SELECT 1) DELETE FROM t',
  'WITH x AS (SELECT 2 AS a) INSERT INTO t SELECT a FROM x',
  'UPDATE t SET a = 2 RETURNING a',
  'DROP TABLE t',
  'CREATE TEMP TABLE u (a)',
  'PRAGMA journal_mode = DELETE',
  'PRAGMA user_version = 7',
  'PRAGMA wal_checkpoint(TRUNCATE)',
  `ATTACH '${other}' AS other`,
  `VACUUM INTO '${other}'`,
  'VACUUM',
  'REINDEX',
  'BEGIN IMMEDIATE',
];

/** The files of a directory with their contents. */
function contents(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

async function filled(path: string): Promise<Database> {
  const database = openEmbedded(path);
  onTestFinished(() => database.close());
  await database.write([
    statement('CREATE TABLE t (a)'),
    statement('CREATE INDEX i ON t (a)'),
    statement('INSERT INTO t VALUES (1)'),
  ]);
  return database;
}

describe('a query of a database file', () => {
  it('of a stopped weft answers, rejects all writes, and leaves every byte and file unchanged', async () => {
    const path = join(temporaryDirectory(), 'weft.db');
    (await filled(path)).close();
    const before = contents(dirname(path));
    expect(queryFile(path, 'SELECT * FROM t')).toEqual([{ a: 1 }]);
    expect(queryFile(path, 'PRAGMA journal_mode')).toEqual([{ journal_mode: expect.any(String) }]);
    expect(queryFile(path, "SELECT name FROM pragma_table_info('t')")).toEqual([{ name: 'a' }]);
    expect(queryFile(path, "SELECT value FROM json_each('[4]')")).toEqual([{ value: 4 }]);
    expect(queryFile(path, 'EXPLAIN QUERY PLAN SELECT * FROM t')).toHaveLength(1);
    for (const sql of writes(`${path}.other`)) expect(() => queryFile(path, sql), sql).toThrow(/read-only/);
    expect(contents(dirname(path))).toEqual(before);
  });

  it('of a running one sees its last commit, and rejects the same', async () => {
    const path = join(temporaryDirectory(), 'weft.db');
    const database = await filled(path);
    expect(queryFile(path, 'SELECT * FROM t')).toEqual([{ a: 1 }]);
    for (const sql of writes(`${path}.other`)) expect(() => queryFile(path, sql), sql).toThrow(/read-only/);
    await database.write([statement('INSERT INTO t VALUES (2)')]);
    expect(queryFile(path, 'SELECT count(*) AS count FROM t')).toEqual([{ count: 2 }]);
    expect(readdirSync(dirname(path)).sort()).toEqual(['weft.db', 'weft.db-shm', 'weft.db-wal']);
  });

  it('of one that was killed reads rows that are only in its log', async () => {
    const path = join(temporaryDirectory(), 'weft.db');
    (await filled(path)).close();
    const script = `
      import { DatabaseSync } from 'node:sqlite';
      new DatabaseSync(process.argv[1]).exec('INSERT INTO t VALUES (2)');
      process.kill(process.pid, 'SIGKILL');`;
    expect(() => execFileSync(process.execPath, ['--input-type=module', '--eval', script, path])).toThrow();
    expect(queryFile(path, 'SELECT a FROM t ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }]);
  });
});

describe('a query of a libSQL server', () => {
  it('answers, and rejects all writes and more than one statement', async () => {
    const path = join(temporaryDirectory(), 'weft.db');
    const server = await startLibsqlServer(path);
    onTestFinished(() => server.close());
    const database = openRemote(server.url);
    onTestFinished(() => database.close());
    await database.write([statement('CREATE TABLE t (a)'), statement('INSERT INTO t VALUES (1)')]);
    const refused = [
      ...writes(`${path}.other`),
      'SELECT 1; DELETE FROM t',
      '/* SELECT */ DELETE FROM t',
      '-- SELECT\nDELETE FROM t',
      'EXPLAIN SELECT 1; DELETE FROM t',
    ];
    for (const sql of refused) await expect(queryServer(database, sql), sql).rejects.toThrow(/read-only/);
    const asked = [
      'SELECT a FROM t',
      "  -- it's a comment; with words\n select a from t where ';' <> '' ;\n",
      'WITH x AS (SELECT a FROM t) SELECT a FROM x',
      'VALUES (1)',
    ];
    for (const sql of asked) expect((await queryServer(database, sql)).map((row) => Object.values(row))).toEqual([[1]]);
    expect(await queryServer(database, 'EXPLAIN DELETE FROM t').catch(() => 'refused')).toBe('refused');
    expect((await queryServer(database, 'EXPLAIN QUERY PLAN SELECT a FROM t')).length).toBeGreaterThan(0);
    expect(readdirSync(dirname(path))).not.toContain('weft.db.other');
  });
});
