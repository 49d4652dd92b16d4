import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { deadlineOf, failures } from '../../test/support/libsql/failures.ts';
import { type LibsqlServer, type LibsqlServerOptions, startLibsqlServer } from '../../test/support/libsql-server.ts';
import { until } from '../../test/support/until.ts';
import { type Database, DatabaseError, statement } from './database.ts';
import { openRemote, type RemoteOptions } from './remote.ts';

const insert = statement('INSERT INTO things VALUES (1)');
const count = statement<{ count: number }>('SELECT count(*) AS count FROM things');

interface Served {
  readonly server: LibsqlServer;
  readonly database: Database;
}

async function serve(options: RemoteOptions = {}, serverOptions: LibsqlServerOptions = {}): Promise<Served> {
  const token = 'right';
  const server = await startLibsqlServer(join(temporaryDirectory(), 'test.db'), { token, ...serverOptions });
  onTestFinished(() => server.close());
  const setUp = openRemote(server.url, token);
  await setUp.write([statement('CREATE TABLE things (number INTEGER)')]);
  setUp.close();
  return { server, database: open(server.url, token, options) };
}

function open(url: string, token?: string, options?: RemoteOptions): Database {
  const database = openRemote(url, token, options);
  onTestFinished(() => database.close());
  return database;
}

async function errorOf(call: Promise<unknown>): Promise<DatabaseError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DatabaseError)) throw new Error(`there was no DatabaseError but ${String(error)}`);
  return error;
}

describe('a libSQL server that', () => {
  it.each(failures)('$name: $code, committed: $committed', async (failure) => {
    const { fault, code, committed, message } = failure;
    const { server, database } = await serve({ deadlineMs: deadlineOf(failure) });
    server.faults.set(fault);
    const error = await errorOf(database.write([insert], { call: 'claim' }));
    expect(error).toMatchObject({ code, committed, message: expect.stringContaining(message) });
    expect(error.cause).toBeUndefined();
    expect(error.message).toMatch(/^claim: [^\n<]{1,300}$/);
    expect(error.stack).toBe(`DatabaseError: ${error.message}`);
    expect(await errorOf(database.read([count], { call: 'count' }))).toMatchObject({ code, committed: 'no' });

    server.faults.clear();
    const executed = server.requests
      .filter(({ mode }) => mode === 'write')
      .reduce((sum, each) => sum + each.executed, 0);
    const created = 1;
    expect(await database.read([count])).toEqual([[{ count: executed - created }]]);
    if (committed === 'no') expect(executed).toBe(created);
    await database.write([insert]);
  });

  it('is down was certainly not reached', async () => {
    const { server, database } = await serve();
    await server.stop();
    const error = await errorOf(database.write([insert], { call: 'claim' }));
    expect(error).toMatchObject({
      code: 'unavailable',
      reason: 'connection',
      committed: 'no',
      message: expect.stringMatching(/^claim: the database cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+$/),
    });
    await server.start();
    expect(await database.read([count])).toEqual([[{ count: 0 }]]);
  });

  it('has an unknown name was certainly not reached', async () => {
    const error = await errorOf(open('http://weft-database.invalid').write([insert]));
    expect(error).toMatchObject({
      code: 'unavailable',
      committed: 'no',
      message: expect.stringContaining('getaddrinfo'),
    });
  });

  it('speaks no TLS was certainly not reached', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', () => socket.destroy())),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const error = await errorOf(open(`https://127.0.0.1:${port}`).write([insert]));
    expect(error).toMatchObject({ code: 'unavailable', committed: 'no' });
    expect(error.message).toMatch(/^[^\n]{1,300}$/);
  });

  it('rejects an answer that is too large: that does not concern the database’s state', async () => {
    const { database } = await serve({}, { answerLimitBytes: 100 });
    const large = statement('SELECT hex(zeroblob(100))');
    expect(await errorOf(database.read([large], { call: 'count' }))).toMatchObject({
      code: 'fault',
      reason: 'RESPONSE_TOO_LARGE',
      message: 'count: Response is too large',
    });
  });
});

describe('the token', () => {
  it('is rejected, and another one is not', async () => {
    const { server } = await serve();
    expect(await errorOf(open(server.url, 'wrong').write([insert]))).toMatchObject({
      code: 'unavailable',
      reason: 'token',
      committed: 'no',
      message: 'the database refused the token (HTTP 401: Unauthorized: `the token is wrong`)',
    });
    expect(await errorOf(open(server.url).write([insert]))).toMatchObject({
      reason: 'token',
      message: expect.stringContaining('the database requires a token, and none is set'),
    });
  });

  it('that is invalid in a header is not repeated in the error', () => {
    expect(() => openRemote('http://127.0.0.1:1', 'se\ncret')).toThrow(/^the token for the database (?!.*cret)/);
  });
});

describe('a server that hangs', () => {
  it('holds a limited number of connections, none after the deadline, and is not sent calls that waited for one', async () => {
    const { server, database } = await serve({ deadlineMs: 2_000 });
    server.faults.set('hangBefore');
    const calls = Array.from({ length: 60 }, () => errorOf(database.write([insert], { call: 'claim' })));
    await until('some calls arrive', () => server.requests.length === 21);
    const open = await server.connections();
    const errors = await Promise.all(calls);
    expect(open).toBeLessThanOrEqual(21);
    expect(new Set(errors.map(({ message }) => message))).toEqual(
      new Set(['claim: the database did not answer within 2 s']),
    );
    expect(server.requests).toHaveLength(21);
    expect(errors.filter(({ committed }) => committed === 'unknown')).toHaveLength(20);
    await until('its connections are closed', async () => (await server.connections()) <= 1);
    server.faults.clear();
    await Promise.all(Array.from({ length: 25 }, () => database.write([insert])));
    expect(await database.read([count])).toEqual([[{ count: 25 }]]);
  });

  it('is not waited for when the database is closed, and calls that were not sent were not executed', async () => {
    const { server, database } = await serve({ deadlineMs: 60_000 });
    server.faults.set('hangAfter');
    const calls = Array.from({ length: 25 }, () => errorOf(database.write([insert])));
    await until('as many calls as may arrive', () => server.requests.length === 21);
    database.close();
    const errors = await Promise.all(calls);
    expect(new Set(errors.map(({ reason }) => reason))).toEqual(new Set(['closed']));
    expect(errors.map(({ committed }) => committed).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'no'),
      ...Array.from({ length: 20 }, () => 'unknown'),
    ]);
    expect(await errorOf(database.read([count]))).toMatchObject({ code: 'unavailable', committed: 'no' });
  });
});
