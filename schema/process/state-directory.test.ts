import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { queryFile } from '../database/read-only.ts';
import { readConfiguration } from './configuration.ts';
import { prepareStateDirectory, rememberedDatabases } from './state-directory.ts';

const configurationOf = (directory: string, more: Record<string, string> = {}) =>
  readConfiguration({ WEFT_STATE_DIR: directory, ...more });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const isRoot = process.getuid?.() === 0;
const note = 'seen-01234567-89ab-4cde-8f01-23456789abcd-host1.json';

/** Runs SQL in a separate process on a database as an earlier version left it. */
function earlier(directory: string, sql: string, end: string): void {
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(process.argv[1]);
    database.exec(process.argv[2]);
    ${end}`;
  const args = ['--input-type=module', '--eval', script, join(directory, 'weft.db'), sql];
  try {
    execFileSync(process.execPath, args, { stdio: 'pipe' });
  } catch (error) {
    if (Reflect.get(Object(error), 'signal') !== 'SIGKILL') throw error;
  }
}

const rows = 'PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)';

describe('the state directory', () => {
  it('is made with its modes, whatever the umask is', () => {
    const directory = join(temporaryDirectory(), 'deep', 'state');
    const umask = process.umask(0o077);
    onTestFinished(() => {
      process.umask(umask);
    });
    prepareStateDirectory(configurationOf(directory));
    expect([modeOf(directory), modeOf(join(directory, 'database'))]).toEqual([isRoot ? '711' : '700', '700']);
  });

  it('is not made where the database is elsewhere', () => {
    const directory = join(temporaryDirectory(), 'state');
    prepareStateDirectory(configurationOf(directory, { WEFT_DATABASE_URL: 'http://127.0.0.1:1' }));
    expect(existsSync(directory)).toBe(false);
  });

  it.each([
    ['can be written by other users', (directory: string) => chmodSync(directory, 0o777)],
    ['can be written by other users', (directory: string) => chmodSync(directory, 0o770)],
    ['is a symbolic link', (directory: string) => symlinkSync('/tmp', join(directory, 'database'))],
  ])('that %s is refused in one line', (why, make) => {
    const directory = temporaryDirectory();
    make(directory);
    expect(() => prepareStateDirectory(configurationOf(directory))).toThrow(/^WEFT_STATE_DIR: [^\n]+$/);
    if (why !== 'is a symbolic link') expect(() => prepareStateDirectory(configurationOf(directory))).toThrow(why);
  });

  it('that names a database is not used with an empty one', () => {
    for (const place of ['', 'notes']) {
      const directory = temporaryDirectory();
      mkdirSync(join(directory, place), { recursive: true });
      writeFileSync(join(directory, place, note), '{}');
      expect(rememberedDatabases(directory)).toEqual(['01234567-89ab-4cde-8f01-23456789abcd']);
      expect(() => prepareStateDirectory(configurationOf(directory))).toThrow(/remembers the database 01234567-/);
      expect(existsSync(join(directory, 'database', 'weft.db'))).toBe(false);
      writeFileSync(join(directory, 'database', 'weft.db'), 'not empty');
      prepareStateDirectory(configurationOf(directory));
    }
  });
});

describe('a database of an earlier version', () => {
  it.each([
    ['that was closed', 'database.close()'],
    ['that was killed, with what only its log has', "process.kill(process.pid, 'SIGKILL')"],
  ])('%s is moved, and nothing of it stays behind', (_what, end) => {
    const directory = temporaryDirectory();
    earlier(directory, rows, end);
    writeFileSync(join(directory, note), '{}');
    prepareStateDirectory(configurationOf(directory));
    expect(readdirSync(directory).sort()).toEqual(['database', note]);
    expect(readdirSync(join(directory, 'database'))).toEqual(['weft.db']);
    expect(queryFile(join(directory, 'database', 'weft.db'), 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('beside a new one is refused, and both stay', () => {
    const directory = temporaryDirectory();
    prepareStateDirectory(configurationOf(directory));
    writeFileSync(join(directory, 'database', 'weft.db'), 'new');
    earlier(directory, rows, 'database.close()');
    expect(() => prepareStateDirectory(configurationOf(directory))).toThrow(/there are two databases/);
    expect(existsSync(join(directory, 'weft.db'))).toBe(true);
  });

  it('that another process has open is refused, and stays where it is', async () => {
    const directory = temporaryDirectory();
    const script = `
      import { DatabaseSync } from 'node:sqlite';
      const database = new DatabaseSync(process.argv[1]);
      database.exec(process.argv[2]);
      console.log('open');
      setInterval(() => database, 1000);`;
    const other = spawn(process.execPath, ['--input-type=module', '--eval', script, join(directory, 'weft.db'), rows]);
    onTestFinished(async () => {
      other.kill('SIGKILL');
      if (other.exitCode === null && other.signalCode === null) await once(other, 'exit');
    });
    await once(other.stdout, 'data');
    expect(() => prepareStateDirectory(configurationOf(directory))).toThrow(/another process has .*weft\.db open/);
    expect(existsSync(join(directory, 'weft.db'))).toBe(true);
    other.kill('SIGKILL');
    await once(other, 'exit');
    prepareStateDirectory(configurationOf(directory));
    expect(queryFile(join(directory, 'database', 'weft.db'), 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('is moved once by processes that start at the same time', async () => {
    const directory = temporaryDirectory();
    earlier(directory, rows, "process.kill(process.pid, 'SIGKILL')");
    const script = `
      import { readConfiguration } from ${JSON.stringify(new URL('./configuration.ts', import.meta.url).href)};
      import { prepareStateDirectory } from ${JSON.stringify(new URL('./state-directory.ts', import.meta.url).href)};
      prepareStateDirectory(readConfiguration({ WEFT_STATE_DIR: process.argv[1] }));`;
    const starts = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '--eval', script, directory]));
    const codes = await Promise.all(starts.map(async (start) => (await once(start, 'close'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(readdirSync(directory)).toEqual(['database']);
    expect(queryFile(join(directory, 'database', 'weft.db'), 'SELECT a FROM t')).toEqual([{ a: 1 }]);
  });
});
