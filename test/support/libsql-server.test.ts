import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Database, statement } from '../../schema/database/database.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { temporaryDirectory } from './database.ts';
import { type LibsqlServer, type LibsqlServerOptions, startLibsqlServer } from './libsql-server.ts';
import { until } from './until.ts';

interface Served {
  readonly server: LibsqlServer;
  readonly database: Database;
  readonly path: string;
}

async function serve(options: LibsqlServerOptions = {}): Promise<Served> {
  const path = join(temporaryDirectory(), 'test.db');
  const server = await startLibsqlServer(path, options);
  onTestFinished(() => server.close());
  const database = openRemote(server.url);
  onTestFinished(() => database.close());
  await database.write([statement('CREATE TABLE things (name TEXT)')]);
  return { server, database, path };
}

/** A separate process takes the write lock: within one, locks of two copies of SQLite are invisible to each other. */
async function holdLock(path: string): Promise<() => Promise<void>> {
  const program = `
    const database = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
    database.exec('BEGIN IMMEDIATE');
    console.log('held');
    process.stdin.resume().once('end', () => database.close());`;
  const child = spawn(process.execPath, ['--eval', program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const release = async () => {
    child.stdin.end();
    await ended;
  };
  onTestFinished(release);
  await once(child.stdout, 'data');
  return release;
}

const insert = statement('INSERT INTO things VALUES (:name)', { name: 'a' });
const count = statement<{ count: number }>('SELECT count(*) AS count FROM things');

it('keeps a log of the statements of each request', async () => {
  const { server, database } = await serve();
  await database.write([insert, count]);
  await database.read([count]);
  expect(server.requests.slice(1)).toEqual([
    {
      mode: 'write',
      statements: [
        { sql: insert.sql, args: { name: 'a' } },
        { sql: count.sql, args: {} },
      ],
      bytes: expect.any(Number),
      executed: 1,
    },
    { mode: 'read', statements: [{ sql: count.sql, args: {} }], bytes: expect.any(Number), executed: 1 },
  ]);
});

it('plans a fault for one request, and sets one for all', async () => {
  const { server, database } = await serve();
  const struck = server.faults.next('cutAfter', { when: ({ mode }) => mode === 'write' });
  expect(await database.read([count])).toEqual([[{ count: 0 }]]);
  await expect(database.write([insert])).rejects.toThrow();
  expect(await struck).toMatchObject({ fault: 'cutAfter', executed: 1, statements: [{ sql: insert.sql }] });
  server.faults.set((request) => (request.mode === 'write' ? 'cutBefore' : undefined));
  await expect(database.write([insert])).rejects.toThrow();
  await expect(database.write([insert])).rejects.toThrow();
  server.faults.clear();
  expect(await database.read([count])).toEqual([[{ count: 1 }]]);
});

it.each([
  ['refuse', 0],
  ['cutBefore', 0],
  ['cutAfter', 1],
  ['truncate', 1],
  ['busy', 0],
  ['full', 0],
  ['readonly', 0],
  ['corrupt', 0],
  ['ioerr', 0],
  [{ sqlite: 'SQLITE_FULL', at: 'commit' }, 0],
  [{ status: 500 }, 0],
  [{ status: 500, executed: true }, 1],
] as const)('a write that meets %j is executed %d times', async (fault, times) => {
  const { server, database } = await serve();
  server.faults.next(fault);
  await expect(database.write([insert])).rejects.toThrow();
  expect(await database.read([count])).toEqual([[{ count: times }]]);
});

it('executes a request twice, and returns the second answer', async () => {
  const { server, database } = await serve();
  server.faults.next('twice');
  expect(await database.write([insert, count])).toEqual([[], [{ count: 2 }]]);
});

it('waits for a lock without blocking the event loop, and answers busy when that takes too long', async () => {
  const { server, database, path } = await serve({ busyTimeoutMs: 200 });
  const release = await holdLock(path);
  await expect(database.write([insert])).rejects.toMatchObject({ code: 'busy' });
  const waiting = database.write([insert]);
  await until('the request waits', () => server.requests.length === 3);
  await release();
  await waiting;
  expect(await database.read([count])).toEqual([[{ count: 1 }]]);
});

it('rejects an answer that is too large, and rolls its batch back', async () => {
  const { database } = await serve({ answerLimitBytes: 1_000 });
  const large = statement("SELECT replace(hex(zeroblob(1000)), '0', 'x') AS text");
  await expect(database.write([insert, large])).rejects.toThrow('Response is too large');
  expect(await database.read([count])).toEqual([[{ count: 0 }]]);
});

it('stops and starts again at the same address', async () => {
  const { server, database } = await serve();
  await server.stop();
  await expect(database.read([count])).rejects.toMatchObject({ code: 'unavailable' });
  await server.start();
  expect(await database.read([count])).toEqual([[{ count: 0 }]]);
});
