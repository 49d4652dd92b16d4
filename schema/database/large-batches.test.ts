import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { LARGE_CHARACTERS } from './batch-size.ts';
import { type CommitNotification, type Database, guard, type Statement, statement } from './database.ts';
import { type EmbeddedOptions, openEmbedded } from './embedded.ts';

async function opened(options?: EmbeddedOptions): Promise<{ path: string; database: Database }> {
  const path = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(path, options);
  onTestFinished(() => database.close());
  await database.write([statement('CREATE TABLE t (a UNIQUE)')]);
  return { path, database };
}

const insert = (a: string) => statement('INSERT INTO t VALUES (:a)', { a });
const count = statement<{ count: number }>('SELECT count(*) AS count FROM t');
const filler = 'x'.repeat(LARGE_CHARACTERS);

/** A batch for the thread. */
const large = (...statements: readonly Statement[]) => [statement('SELECT :filler IS NULL', { filler }), ...statements];

/** Takes some 100 ms. */
const slow = statement(`
  WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000000)
  SELECT count(*) FROM n`);

async function rows(database: Database): Promise<string[]> {
  const [found] = await database.read([statement<{ a: string }>('SELECT a FROM t ORDER BY rowid')]);
  return found.map(({ a }) => a);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves when a batch on the event loop would have been committed. */
async function wasBegun(database: Database): Promise<void> {
  await new Promise<void>((resolve) => database.subscribe(() => resolve(), 'early'));
  await turn();
  await turn();
}

describe('while a large batch is written', () => {
  it('reads are answered', async () => {
    const { database } = await opened();
    const order: string[] = [];
    const begun = wasBegun(database);
    const written = database.write(large(insert('a'), slow)).then(() => order.push('written'));
    await begun;
    await database.read([count]);
    order.push('read');
    await written;
    expect(order).toEqual(['read', 'written']);
    expect(await rows(database)).toEqual(['a']);
  });

  it('other batches wait in order, without a time limit', async () => {
    const { database } = await opened({ busyMs: 1 });
    const order: number[] = [];
    const write = (number: number, batch: readonly Statement[]) =>
      database.write([...batch, insert(`${number}`)]).then(() => order.push(number));
    const begun = wasBegun(database);
    const writes = [write(1, []), write(2, large(slow)), write(3, [])];
    await begun;
    writes.push(write(4, []), write(5, large(slow)), write(6, []));
    await Promise.all(writes);
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await rows(database)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('closing waits for its end', async () => {
    const { path, database } = await opened();
    const begun = wasBegun(database);
    const written = database.write(large(insert('a'), slow));
    await begun;
    const waiting = database.write([insert('b')]);
    database.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'closed', committed: 'no' });
    await written;
    await expect(database.write(large(insert('c')))).rejects.toMatchObject({ reason: 'closed', committed: 'no' });
    const again = openEmbedded(path);
    onTestFinished(() => again.close());
    expect(await rows(again)).toEqual(['a']);
  });
});

it('its commit is notified once, afterwards, to those whom it concerns', async () => {
  const { path, database } = await opened();
  const heard: (CommitNotification | null)[] = [];
  const both = Promise.withResolvers<void>();
  database.subscribe((notification) => {
    heard.push(notification);
    if (heard.length === 2) both.resolve();
  });
  const notification = new Map([['operation', null]]);
  await database.write(large(insert('a'), slow), { audience: notification });
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual([notification]);
  const other = openEmbedded(path);
  await other.write([insert('b')]);
  other.close();
  await both.promise;
  expect(heard).toEqual([notification, null]);
});

it('a claim goes into its commit', async () => {
  const { database } = await opened();
  await database.write([statement('CREATE TABLE claims (count)')]);
  const claimed = Promise.withResolvers<unknown>();
  database.subscribe(() => {
    const claim = statement(
      'INSERT INTO claims SELECT count(*) FROM t RETURNING count, (SELECT count(*) FROM own) AS own',
    );
    database.write([claim], { audience: 'none' }).then(claimed.resolve, claimed.reject);
  }, 'early');
  // A temporary table is visible only to its own connection.
  await database.write(large(statement('CREATE TEMP TABLE own (a)'), insert('a')));
  expect(await claimed.promise).toEqual([[{ count: 1, own: 0 }]]);
});

describe('a large batch that is refused', () => {
  it.each([
    ['by a guard', [insert('b'), guard('never', '1 = 2')], { code: 'guard', reason: 'never', committed: 'no' }],
    ['by a constraint', [insert('b'), insert('a')], { code: 'constraint', reason: 't.a', committed: 'no' }],
    ['as nonsense', [insert('b'), statement('SELECT nothing')], { code: 'fault', committed: 'no' }],
  ] as const)('%s says so as any other, and leaves nothing behind', async (_how, batch, error) => {
    const { database } = await opened();
    await database.write([statement('CREATE TABLE guard (reason, ok NOT NULL)'), insert('a')]);
    await expect(database.write(large(...batch))).rejects.toMatchObject({ name: 'DatabaseError', ...error });
    await database.write(large(insert('c')));
    expect(await rows(database)).toEqual(['a', 'c']);
  });

  it('because of a full disk is unavailable, and the next one is accepted when there is room', async () => {
    const { database } = await opened();
    const limit = (pages: number) => large(statement(`PRAGMA max_page_count = ${pages}`));
    const [[pages]] = await database.read([statement<{ page_count: number }>('PRAGMA page_count')]);
    await database.write(limit((pages?.page_count ?? 0) + 1));
    await expect(database.write([insert(filler)])).rejects.toMatchObject({ reason: 'SQLITE_FULL', committed: 'no' });
    await database.write(limit(1_000_000));
    await database.write([insert(filler)]);
    expect(await rows(database)).toEqual([filler]);
  });
});

it.each([
  ['full', 2],
  ['normal', 1],
] as const)('is as durable as the others: %s', async (synchronous, level) => {
  const { database } = await opened({ synchronous });
  const answer = await database.write(large(statement('PRAGMA synchronous')));
  expect(answer[1]).toEqual([{ synchronous: level }]);
});

describe('while another process holds the write lock, a large batch', () => {
  /** A separate process that holds the lock until it is released. */
  async function lockOf(path: string): Promise<() => Promise<void>> {
    const script = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(process.argv[1]);
      database.exec('BEGIN IMMEDIATE');
      process.stdout.write('locked');
      process.stdin.on('end', () => database.exec('ROLLBACK')).resume();`;
    const other = spawn(process.execPath, ['--input-type=commonjs', '--eval', script, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((resolve) => other.once('exit', () => resolve()));
    onTestFinished(() => void other.kill());
    await new Promise((resolve) => other.stdout.once('data', resolve));
    return () => {
      other.stdin.end();
      return ended;
    };
  }

  it('waits, and continues before later batches', async () => {
    const { path, database } = await opened();
    const release = await lockOf(path);
    const writes = [database.write(large(insert('a'))), database.write([insert('b')])];
    const impatient = openEmbedded(path, { busyMs: 5 });
    await expect(impatient.write(large(insert('x')))).rejects.toMatchObject({ code: 'busy', committed: 'no' });
    impatient.close();
    expect(await rows(database)).toEqual([]);
    await release();
    await Promise.all(writes);
    expect(await rows(database)).toEqual(['a', 'b']);
  });

  it('that waits when the database is closed is rejected', async () => {
    const { path, database } = await opened();
    await lockOf(path);
    const begun = wasBegun(database);
    const waiting = database.write(large(insert('a')));
    await begun;
    database.close();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', reason: 'closed', committed: 'no' });
  });
});

describe('a file that was removed', () => {
  it('accepts no large batch, until it is back', async () => {
    const { path, database } = await opened();
    await database.write(large(insert('a')));
    renameSync(path, `${path}.away`);
    await expect(database.write(large(insert('b')))).rejects.toMatchObject({ reason: 'removed', committed: 'no' });
    renameSync(`${path}.away`, path);
    await database.write(large(insert('c')));
    expect(await rows(database)).toEqual(['a', 'c']);
  });

  it('and replaced by another: that is left as it is by a thread that starts, too', async () => {
    const { path, database } = await opened();
    const other = `${path}.other`;
    openEmbedded(other).close();
    const content = readFileSync(other);
    renameSync(other, path);
    await expect(database.write(large(insert('a')))).rejects.toMatchObject({ reason: 'replaced', committed: 'no' });
    database.close();
    expect(readFileSync(path).equals(content)).toBe(true);
  });
});

describe('a thread that crashes', () => {
  /** Crashes once in the middle: before it reports `begun`, or instead of its answer. */
  function dyingThread(at: 'start' | 'begun' | 'answer'): URL {
    const directory = temporaryDirectory();
    const file = join(directory, 'thread.mjs');
    writeFileSync(
      file,
      `import { existsSync, writeFileSync } from 'node:fs';
       import { parentPort } from 'node:worker_threads';
       const died = ${JSON.stringify(join(directory, 'died'))};
       const die = () => { writeFileSync(died, ''); process.exit(); };
       const post = parentPort.postMessage.bind(parentPort);
       parentPort.postMessage = (message) => {
         const isNow = !existsSync(died) && (message === 'begun') === (${JSON.stringify(at)} === 'begun');
         if (message === 'begun' || !isNow) post(message);
         if (isNow) die();
       };
       if (${JSON.stringify(at)} === 'start' && !existsSync(died)) die();
       await import(${JSON.stringify(new URL('./database-thread.ts', import.meta.url).href)});`,
    );
    onTestFinished(() => expect(existsSync(join(directory, 'died'))).toBe(true));
    return pathToFileURL(file);
  }

  it.each([
    ['begun', 'before its commit', ['b', 'c']],
    ['answer', 'after its commit', ['a', 'b', 'c']],
  ] as const)(
    '(%s) %s leaves a batch whole or not at all, and the next ones to another thread',
    async (at, _when, expected) => {
      const warnings: string[] = [];
      const { database } = await opened({
        thread: { program: dyingThread(at) },
        warn: (message) => warnings.push(message),
      });
      const lost = database.write(large(insert('a')));
      const behind = database.write([insert('b')]);
      await expect(lost).rejects.toMatchObject({ code: 'unavailable', reason: 'thread', committed: 'unknown' });
      await behind;
      await database.write(large(insert('c')));
      expect(await rows(database)).toEqual(expected);
      expect(warnings).toEqual([expect.stringContaining('ended')]);
    },
  );

  it.each([
    ['ends before it has begun', 'ended', () => dyingThread('start')],
    ['cannot be started', 'could not be started', () => new URL('https://example.com/thread.mjs')],
  ])('or %s leaves its batch to the event loop', async (_what, warning, program) => {
    const warnings: string[] = [];
    const { database } = await opened({
      thread: { program: program() },
      warn: (message) => warnings.push(message),
    });
    await database.write(large(insert('a')));
    expect(await rows(database)).toEqual(['a']);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });
});
