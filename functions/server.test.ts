import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, DatabaseError } from '../schema/database/database.ts';
import { readConfiguration } from '../schema/process/configuration.ts';
import { insertHypervisor, rowCounts, temporaryDatabase, temporaryDirectory } from '../test/support/database.ts';
import { until } from '../test/support/until.ts';
import { startExpiry } from './node/expiry.ts';
import { startServer } from './server.ts';

interface Logged {
  readonly msg: string;
}

/** A log whose lines the test can read. */
function readableLog(): { log: pino.Logger; lines: Logged[] } {
  const lines: Logged[] = [];
  return { log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }), lines };
}

async function served(): Promise<{ port: number; database: Database; lines: Logged[] }> {
  const { log, lines } = readableLog();
  const database = await temporaryDatabase();
  await insertHypervisor(database);
  const environment = { WEFT_LISTEN: '127.0.0.1:0', WEFT_STATE_DIR: temporaryDirectory(), WEFT_LOG: 'debug' };
  const server = await startServer(readConfiguration(environment), database, log);
  onTestFinished(() => server.close());
  return { port: Number(new URL(server.urls[0] ?? '').port), database, lines };
}

describe('an upload that breaks off', () => {
  it.each([
    ['with a known length', 'Content-Length: 1000', '{"cenList":['],
    ['in chunks', 'Transfer-Encoding: chunked', '9\r\n{"cenList\r\n'],
    ['with a key', 'Content-Length: 1000\r\nIdempotency-Key: k', '{"cenList":['],
  ])('%s leaves no row and no line in the log', async (_, header, begin) => {
    const { port, database, lines } = await served();
    const before = await rowCounts(database);
    for (let upload = 0; upload < 5; upload += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`POST /cen/import HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${header}\r\n\r\n${begin}`);
      await once(socket, 'connect');
      // The server has read the head, and waits for the body.
      await fetch(`http://127.0.0.1:${port}/healthz`);
      socket.destroy();
    }
    await until('the API answers', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
    expect(lines).toEqual([]);
    expect(await rowCounts(database)).toEqual(before);
  });
});

it('the search for expired operations logs once that the database is away, and once that it is back', async () => {
  const { log, lines } = readableLog();
  const database = await temporaryDatabase();
  let checks = 0;
  const stop = startExpiry(
    {
      ...database,
      read: (...args) => {
        checks += 1;
        if (checks <= 4) throw new DatabaseError('unavailable', 'ECONNREFUSED', 'the database does not answer');
        return database.read(...args);
      },
    },
    log,
    1,
  );
  onTestFinished(stop);
  await until('it was checked six times', () => checks >= 6);
  expect(lines.map(({ msg }) => msg)).toEqual([
    'operations of dead hypervisors do not expire: the database does not answer',
    'operations of dead hypervisors expire again',
  ]);
});
