import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { type Database, databaseError, statement } from './database.ts';
import { type EmbeddedOptions, openEmbedded } from './embedded.ts';

interface Opened {
  readonly path: string;
  readonly database: Database;
}

async function opened(options?: EmbeddedOptions): Promise<Opened> {
  const path = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(path, options);
  onTestFinished(() => database.close());
  await database.write([statement('CREATE TABLE t (a)')]);
  return { path, database };
}

const insert = statement('INSERT INTO t VALUES (1)');
const count = statement<{ count: number }>('SELECT count(*) AS count FROM t');

/** Reads check the file only periodically. */
function readsAreRefused(database: Database): Promise<void> {
  return until('reads are refused', () =>
    database.read([count]).then(
      () => false,
      () => true,
    ),
  );
}

/** Another connection, which holds the write lock. */
function lockOf(path: string): DatabaseSync {
  const other = new DatabaseSync(path, { timeout: 5_000 });
  onTestFinished(() => {
    if (other.isOpen) other.close();
  });
  other.exec('BEGIN IMMEDIATE');
  return other;
}

/** Resolves when a later write was rejected because of the lock: one that was begun before has met it, too. */
async function hasMetLock(path: string): Promise<void> {
  const impatient = openEmbedded(path, { busyMs: 5 });
  await expect(impatient.write([insert])).rejects.toMatchObject({ code: 'busy' });
  impatient.close();
}

/** Runs a program in a separate process: opening and closing the file in this process would release SQLite's locks. */
function elsewhere(script: string, ...args: readonly string[]): void {
  execFileSync(process.execPath, [
    '--input-type=commonjs',
    '--eval',
    `const fs = require('node:fs');${script}`,
    ...args,
  ]);
}

it.each([
  [undefined, 2],
  ['full', 2],
  ['normal', 1],
] as const)('synchronous: %s is %i of SQLite', async (synchronous, level) => {
  const { database } = await opened(synchronous && { synchronous });
  expect(await database.read([statement('PRAGMA synchronous')])).toEqual([[{ synchronous: level }]]);
});

describe('while another process holds the write lock', () => {
  it('writes wait, in order, and neither the event loop nor reads do', async () => {
    const { path, database } = await opened();
    const other = lockOf(path);
    const order: number[] = [];
    const writes = [1, 2, 3].map((each) => database.write([insert]).then(() => order.push(each)));
    // With a busy timeout of SQLite's own this would never be reached while the lock is held.
    for (let read = 0; read < 5; read += 1) {
      await hasMetLock(path);
      expect(await database.read([count])).toEqual([[{ count: 0 }]]);
    }
    const late = database.write([insert]).then(() => order.push(4));
    expect(order).toEqual([]);
    other.exec('COMMIT');
    await Promise.all([...writes, late]);
    expect(order).toEqual([1, 2, 3, 4]);
    expect(await database.read([count])).toEqual([[{ count: 4 }]]);
  });

  it('a write fails as busy at its deadline, was not committed, and does not affect later ones', async () => {
    const { path, database } = await opened({ busyMs: 30 });
    const other = lockOf(path);
    await expect(database.write([insert])).rejects.toMatchObject({ code: 'busy', committed: 'no' });
    other.exec('COMMIT');
    await database.write([insert]);
    expect(await database.read([count])).toEqual([[{ count: 1 }]]);
  });

  it('a batch that waits when the database is closed is rejected', async () => {
    const { path, database } = await opened();
    lockOf(path);
    const waiting = database.write([insert]);
    await hasMetLock(path);
    database.close();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', reason: 'closed' });
  });
});

describe('a file that is removed while it is open', () => {
  it('makes every call unavailable, and no write is accepted, until the same file is back', async () => {
    const { path, database } = await opened();
    renameSync(path, `${path}.away`);
    const away = {
      code: 'unavailable',
      reason: 'removed',
      message: expect.stringContaining('database file was removed'),
    };
    await readsAreRefused(database);
    await expect(database.read([count])).rejects.toMatchObject(away);
    await expect(database.write([insert])).rejects.toMatchObject({ ...away, committed: 'no' });
    renameSync(`${path}.away`, path);
    await database.write([insert]);
    expect(await database.read([count])).toEqual([[{ count: 1 }]]);
  });

  it('and replaced by another: unavailable, and the other one is left as it is', async () => {
    const { path, database } = await opened();
    const other = `${path}.other`;
    openEmbedded(other).close();
    const content = readFileSync(other);
    renameSync(other, path);
    const replaced = { code: 'unavailable', reason: 'replaced' };
    await readsAreRefused(database);
    await expect(database.read([count])).rejects.toMatchObject(replaced);
    await expect(database.write([insert])).rejects.toMatchObject(replaced);
    database.close();
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it.each(['-wal', '-shm'])('or whose %s is: no write is accepted that would be lost', async (ending) => {
    const { path, database } = await opened();
    rmSync(`${path}${ending}`);
    await expect(database.write([insert])).rejects.toMatchObject({ code: 'unavailable', reason: 'removed' });
  });

  it('with its directory', async () => {
    const { path, database } = await opened();
    renameSync(dirname(path), `${dirname(path)}.away`);
    onTestFinished(() => rmSync(`${dirname(path)}.away`, { recursive: true, force: true }));
    await readsAreRefused(database);
    await expect(database.read([count])).rejects.toMatchObject({ code: 'unavailable', reason: 'removed' });
  });
});

it('a page that is damaged while the file is open is unavailable with the reason, and can be read again when repaired', async () => {
  const { path, database } = await opened();
  await database.write([statement("INSERT INTO t SELECT hex(randomblob(2000)) FROM json_each('[1,2,3,4,5,6,7,8,9]')")]);
  await database.write([statement('PRAGMA wal_checkpoint(TRUNCATE)')]).catch(() => undefined);
  database.close();
  elsewhere("fs.copyFileSync(process.argv[1], process.argv[1] + '.good')", path);
  const again = openEmbedded(path);
  onTestFinished(() => again.close());
  elsewhere(
    "const d = fs.openSync(process.argv[1], 'r+'); fs.writeSync(d, Buffer.alloc(fs.fstatSync(d).size - 4096, 0x5a), 0, undefined, 4096)",
    path,
  );
  const all = statement('SELECT * FROM t');
  const damaged = {
    code: 'unavailable',
    reason: 'SQLITE_CORRUPT',
    message: expect.stringMatching(/damaged.*SQLITE_CORRUPT/),
  };
  await expect(again.read([all])).rejects.toMatchObject(damaged);
  await expect(again.write([insert])).rejects.toMatchObject(damaged);
  elsewhere(
    "const d = fs.openSync(process.argv[1], 'r+'); fs.writeSync(d, fs.readFileSync(process.argv[1] + '.good'), 0)",
    path,
  );
  expect((await again.read([all]))[0]).toHaveLength(9);
  await again.write([insert]);
});

describe('a file that cannot be opened as a database', () => {
  it.each<[string, RegExp, (path: string) => void]>([
    ['no database', /not an SQLite database.*SQLITE_NOTADB/, (path) => writeFileSync(path, 'x'.repeat(8192))],
    ['a symbolic link', /is a symbolic link/, (path) => symlinkSync(`${path}.elsewhere`, path)],
    ['a directory', /is not a regular file/, (path) => mkdirSync(path)],
    ['empty beside a log', /is missing or empty, but its log/, (path) => writeFileSync(`${path}-wal`, 'x')],
  ])('%s', (_what, message, make) => {
    const path = join(temporaryDirectory(), 'weft.db');
    make(path);
    expect(() => openEmbedded(path)).toThrow(message);
    expect(() => openEmbedded(path)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it('a dangling link is not followed', () => {
    const path = join(temporaryDirectory(), 'weft.db');
    symlinkSync(`${path}.elsewhere`, path);
    expect(() => openEmbedded(path)).toThrow();
    expect(statSync(`${path}.elsewhere`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

it('the files are restricted to the owner, whatever their modes and the umask were', async () => {
  const { path, database } = await opened();
  const modes = () => ['', '-wal', '-shm'].map((ending) => (statSync(`${path}${ending}`).mode & 0o777).toString(8));
  expect(modes()).toEqual(['600', '600', '600']);
  chmodSync(path, 0o644);
  database.close();
  const again = openEmbedded(path);
  onTestFinished(() => again.close());
  expect(modes()).toEqual(['600', '600', '600']);
});

it('SQLite’s errors of the disk have plain messages', () => {
  const said = (errcode: number) => databaseError(Object.assign(new Error('x'), { errcode }), undefined);
  expect(said(13)).toMatchObject({
    code: 'unavailable',
    reason: 'SQLITE_FULL',
    message: 'the database cannot be written: the disk is full (SQLITE_FULL)',
  });
  expect(said(778)).toMatchObject({ code: 'unavailable', reason: 'SQLITE_IOERR_WRITE' });
  for (const code of [3, 8, 1032, 10, 4874, 11, 267, 13, 14, 26]) expect(said(code).code).toBe('unavailable');
  for (const code of [5, 261, 15]) expect(said(code).code).toBe('busy');
  expect(said(1).code).toBe('fault');
});

it('no action of weft releases the lock that it holds', async () => {
  const { path, database } = await opened();
  const holder = lockOf(path);
  // All of weft's file accesses beside statements: checks, detection of foreign commits, another opening.
  openEmbedded(path).close();
  await database.read([count]);
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    try { new DatabaseSync(process.argv[1], { timeout: 0 }).exec('BEGIN IMMEDIATE'); console.log('taken') }
    catch (error) { console.log(error.errcode) }`;
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', script, path], { encoding: 'utf8' });
  expect(answer.trim()).toBe('5');
  holder.exec('COMMIT');
});

/** Functions of node:fs that open a file, by the beginning of their names. */
const opening =
  /\b(open|openSync|openAsBlob|copyFile|cp|appendFile|readFile|writeFile|truncate|create(Read|Write)Stream)(Sync)?\b/;

it('no source with the path of the database opens files itself', () => {
  const root = new URL('../../', import.meta.url);
  const sources = globSync('{schema,executor,functions}/**/*.ts', { cwd: root }).filter(
    (file) => !file.includes('.test.'),
  );
  const found = sources.filter((file) => {
    const text = readFileSync(new URL(file, root), 'utf8');
    const imports = [...text.matchAll(/import ([^;]*?) from 'node:fs(?:\/promises)?'/g)].map(
      ([, names]) => names ?? '',
    );
    const knows = /^schema\/(database|process)\//.test(file) || /weft\.db|databaseUrl|databasePath/.test(text);
    return knows && imports.some((names) => opening.test(names) || names.startsWith('*'));
  });
  // The first creates files that do not exist yet (O_EXCL), the second reads migrations.
  expect(found.sort()).toEqual(['schema/database/database-file.ts', 'schema/database/migrate.ts']);
});
