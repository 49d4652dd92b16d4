import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { LARGE_CHARACTERS } from './batch-size.ts';
import { type Database, statement } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** Enough to trigger a checkpoint. */
const MANY = 600;

interface Opened {
  readonly database: Database;
  readonly path: string;
  /** Each start and end of the thread. */
  readonly lives: () => string;
}

async function opened(options?: ThreadOptions): Promise<Opened> {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const program = join(directory, 'thread.mjs');
  writeFileSync(
    program,
    `import { appendFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(log)}, 'start ');
     process.on('exit', () => appendFileSync(${JSON.stringify(log)}, 'end '));
     await import(${JSON.stringify(new URL('./database-thread.ts', import.meta.url).href)});`,
  );
  const path = join(directory, 'weft.db');
  const thread = { program: pathToFileURL(program), ...options };
  const database = openEmbedded(path, { synchronous: 'normal', thread });
  onTestFinished(() => database.close());
  await database.write([statement('CREATE TABLE t (a)')]);
  return { database, path, lives: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

async function writeLarge({ database }: Opened): Promise<void> {
  await database.write([statement('INSERT INTO t VALUES (:a)', { a: 'x'.repeat(LARGE_CHARACTERS) })]);
}

/** Until a checkpoint was run. */
async function writeOften({ database, path }: Opened): Promise<void> {
  const { size } = statSync(path);
  const filler = 'x'.repeat(100);
  for (let batch = 0; batch < MANY; batch += 1) {
    await database.write([statement('INSERT INTO t VALUES (:filler)', { filler })]);
  }
  await until('the file has grown', () => statSync(path).size > size);
}

describe('the thread', () => {
  it.each([
    ['a large batch', writeLarge],
    ['a long log', writeOften],
  ])('starts with %s, ends when it is idle, and starts again', async (_what, write) => {
    const weft = await opened({ idleMs: 1 });
    expect(weft.lives()).toBe('');
    await write(weft);
    await until('the thread has ended', () => weft.lives() === 'start end ');
    await write(weft);
    expect(weft.lives()).toMatch(/^start end start /);
  });

  it('is shared by both', async () => {
    const weft = await opened();
    await writeOften(weft);
    await writeLarge(weft);
    expect(weft.lives()).toBe('start ');
  });

  it('runs a checkpoint after a large batch', async () => {
    const weft = await opened();
    const { size } = statSync(weft.path);
    await writeLarge(weft);
    await until('the file has grown', () => statSync(weft.path).size > size);
  });
});

describe('a request to a thread', () => {
  const data = () => ({ path: '', synchronous: 'full', files: new Map() }) as const;

  function handleOf(program: URL) {
    const warnings: string[] = [];
    const thread = new ThreadHandle(data, (message) => warnings.push(message), { program });
    onTestFinished(() => void thread.close());
    return { thread, warnings };
  }

  /** Crashes once, at the first request to any of its instances, and answers all others. */
  function endingOnce(): URL {
    const directory = temporaryDirectory();
    const file = join(directory, 'thread.mjs');
    writeFileSync(
      file,
      `import { existsSync, writeFileSync } from 'node:fs';
       import { parentPort } from 'node:worker_threads';
       const ended = ${JSON.stringify(join(directory, 'ended'))};
       parentPort.on('message', (asked) => {
         if (!existsSync(ended)) {
           writeFileSync(ended, '');
           process.exit();
         }
         if (asked === 'close') parentPort.close();
         else parentPort.postMessage([{ rows: [], changed: true }]);
       });`,
    );
    return pathToFileURL(file);
  }

  it('that it had not begun when it crashed is executed by the next one', async () => {
    const { thread, warnings } = handleOf(endingOnce());
    const lost = thread.ask('checkpoint');
    const behind = thread.ask([[statement('SELECT 1')]]);
    await expect(lost).rejects.toMatchObject({ reason: 'thread', committed: 'no' });
    expect(await behind).toEqual([{ rows: [], changed: true }]);
    expect(warnings).toEqual([expect.stringContaining('ended')]);
  });

  it('that was not begun when the database is closed is not begun by another', async () => {
    const { thread } = handleOf(endingOnce());
    const lost = thread.ask('checkpoint');
    const behind = thread.ask([[statement('SELECT 1')]]);
    const closed = thread.close();
    await expect(lost).rejects.toMatchObject({ reason: 'thread', committed: 'no' });
    await expect(behind).rejects.toMatchObject({ reason: 'thread', committed: 'no' });
    await closed;
    await expect(thread.ask('checkpoint')).rejects.toMatchObject({ reason: 'closed', committed: 'no' });
  });
});
