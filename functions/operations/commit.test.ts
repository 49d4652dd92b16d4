import { describe, expect, it } from 'vitest';
import { type Database, DatabaseError, statement } from '../../schema/database/database.ts';
import { type Ask, client } from '../../test/support/api.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../test/support/database.ts';

type Write = Database['write'];

/** What happens to the batches that accept operations. */
type Fault = (write: () => ReturnType<Write>) => ReturnType<Write>;

const lost = () => new DatabaseError('unavailable', 'ECONNRESET', 'socket hang up', { committed: 'unknown' });
const away = () =>
  new DatabaseError('unavailable', 'ECONNREFUSED', 'the database does not answer: connect ECONNREFUSED');
const busy = () => new DatabaseError('busy', 'SQLITE_BUSY', 'the database is locked');

const committedAndLost: Fault = async (write) => {
  await write();
  throw lost();
};
const twice: Fault = async (write) => {
  await write();
  return write();
};
const neverCame: Fault = async () => {
  throw lost();
};

interface Faulty {
  readonly database: Database;
  readonly ask: Ask;
  accept: Fault;
  /** The error of reads. */
  reads: (() => Error) | undefined;
}

async function faulty(accept: Fault): Promise<Faulty> {
  const database = await temporaryDatabase();
  await insertHypervisor(database);
  const ask = client({
    write: (statements, options) => {
      const write = () => database.write(statements, options);
      return (options?.call === 'accept' ? weft.accept(write) : write()) as ReturnType<Write> as never;
    },
    read: async (...args) => {
      if (weft.reads) throw weft.reads();
      return database.read(...args);
    },
    subscribe: (...args) => database.subscribe(...args),
    close: () => undefined,
  });
  const weft: Faulty = { database, ask, accept, reads: undefined };
  return weft;
}

const key = { 'idempotency-key': 'k' };

describe('an accept whose answer was lost after the commit', () => {
  it.each<[string, string, unknown, number]>([
    ['POST', '/subnets/c6430cba-648a-41aa-aee4-b59dacfc790d/addresses', {}, 201],
    ['POST', '/hypervisors', { name: 'host2' }, 201],
    ['PUT', '/cen/lan', undefined, 200],
    ['POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a'] }] }, 200],
  ])('is answered as if the answer had arrived: %s %s', async (method, path, body, status) => {
    const weft = await faulty((write) => write());
    await weft.ask('POST', '/subnets', { id: 'c6430cba-648a-41aa-aee4-b59dacfc790d', cidr: '10.7.0.0/24' });
    const before = await rowCounts(weft.database);
    weft.accept = committedAndLost;
    expect((await weft.ask(method, path, body)).status).toBe(status);
    expect((await rowCounts(weft.database)).operations).toBe((before.operations ?? 0) + 1);
  });

  it('is distinguished from one that was not committed, whose outcome is unknown', async () => {
    const weft = await faulty(neverCame);
    const answer = await weft.ask('PUT', '/cen/lan', undefined, key);
    const id = answer.headers.get('operation-id');
    expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
    expect(await answer.json()).toMatchObject({
      detail: `unknown whether the operation was recorded; check GET /operations/${id}, or repeat with the same Idempotency-Key`,
    });
    weft.accept = (write) => write();
    expect((await weft.ask('PUT', '/cen/lan', undefined, key)).status).toBe(200);
  });

  it('and cannot be looked up either, is unknown, too; a client without a key gets the id', async () => {
    const weft = await faulty(async (write) => {
      await write();
      weft.reads = away;
      throw lost();
    });
    const answer = await weft.ask('PUT', '/cen/lan');
    expect(answer.status).toBe(503);
    const id = answer.headers.get('operation-id');
    expect(await answer.json()).toMatchObject({
      detail: `unknown whether the operation was recorded; check GET /operations/${id}`,
      hint: expect.stringContaining('Idempotency-Key'),
    });
    weft.reads = undefined;
    expect((await weft.ask('GET', `/operations/${id}`)).status).toBe(200);
  });

  it('is found by its key if another request with that key was recorded', async () => {
    const weft = await faulty((write) => write());
    const first = await weft.ask('PUT', '/cen/lan', undefined, key);
    weft.accept = neverCame;
    const other = await weft.ask('PUT', '/cen/lan', undefined, key);
    expect(other.headers.get('operation-id')).toBe(first.headers.get('operation-id'));
  });
});

describe('an accept that the database executes twice', () => {
  it('is one operation with one answer', async () => {
    const weft = await faulty(twice);
    for (const headers of [{}, key]) {
      const answer = await weft.ask('POST', '/subnets', { cidr: '10.7.0.0/24' }, headers);
      expect(answer.status).toBe(201);
    }
    const { operations, subnets, events } = await rowCounts(weft.database);
    expect({ operations, subnets, events }).toEqual({ operations: 2, subnets: 2, events: 2 });
  });

  it('while two requests of a client without a key are two operations', async () => {
    const weft = await faulty((write) => write());
    for (const _ of [1, 2]) await weft.ask('POST', '/subnets', { cidr: '10.7.0.0/24' });
    expect(await rowCounts(weft.database)).toMatchObject({ operations: 2, subnets: 2 });
  });
});

describe('a database that is away', () => {
  it.each([
    ['does not answer', away, 'nothing was recorded: the database does not answer: connect ECONNREFUSED'],
    ['is busy', busy, 'nothing was recorded: the database is busy'],
  ])('and %s: a write was not recorded; answers of text say so in text', async (_, error, detail) => {
    const weft = await faulty(async () => {
      throw error();
    });
    const answer = await weft.ask('PUT', '/cen/lan');
    expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
    expect(await answer.json()).toMatchObject({ code: 'unavailable', detail });
    const text = await weft.ask('DELETE', '/v1/vfs/1');
    expect({ status: text.status, retry: text.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
    expect(text.headers.get('content-type')).toContain('text/plain');
    expect(await text.text()).toBe(detail);
  });

  it.each(['/healthz', '/readyz', '/operations', '/hypervisors/host1', '/v1/processes', '/subnets'])(
    'is why a read of %s is a 503',
    async (path) => {
      const weft = await faulty((write) => write());
      weft.reads = away;
      const answer = await weft.ask('GET', path);
      expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
      expect(await answer.text()).toContain('the database does not answer: connect ECONNREFUSED');
    },
  );

  it('after the operation was accepted is reported with the operation: its work continues', async () => {
    const weft = await faulty(async (write) => {
      const rows = await write();
      weft.reads = away;
      return rows;
    });
    const answer = await weft.ask('PUT', '/host/host1/c', undefined, { prefer: 'wait=1' });
    const id = answer.headers.get('operation-id');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('location')).toBe(`/operations/${id}`);
    expect(await answer.json()).toMatchObject({
      detail: `Recorded as operation ${id}; the database does not answer: connect ECONNREFUSED`,
    });
  });

  it('after the operation was accepted does not affect a client that does not wait: the batch answers it', async () => {
    const weft = await faulty(async (write) => {
      const rows = await write();
      weft.reads = away;
      return rows;
    });
    for (const headers of [{}, key]) {
      weft.reads = undefined;
      const path = `/host/host1/${Object.keys(headers).length}c`;
      const answer = await weft.ask('PUT', path, undefined, { ...headers, prefer: 'respond-async' });
      expect(answer.status).toBe(202);
      expect(await answer.json()).toMatchObject({
        id: answer.headers.get('operation-id'),
        hypervisor: 'host1',
        kind: 'container.create',
        status: 'pending',
      });
    }
  });

  it('for a moment, while a request waits, is not visible to the client', async () => {
    const weft = await faulty(async (write) => {
      const rows = await write();
      let failures = 0;
      weft.reads = () => {
        failures += 1;
        if (failures === 3) weft.reads = undefined;
        return away();
      };
      await weft.database.write([statement("UPDATE operations SET status = 'succeeded'")]);
      return rows;
    });
    expect((await weft.ask('PUT', '/host/host1/c')).status).toBe(200);
  });

  it('without tables is reported in one sentence that says how to create them', async () => {
    const weft = await faulty(async () => {
      throw new DatabaseError('fault', 'SQLITE_ERROR', 'no such table: guard');
    });
    weft.reads = () => new DatabaseError('fault', 'SQLITE_ERROR', 'no such table: migrations');
    for (const [method, path] of [
      ['GET', '/healthz'],
      ['PUT', '/cen/lan'],
    ] as const) {
      const answer = await weft.ask(method, path);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        detail: expect.stringMatching(/^The database was not migrated yet: weft [\d.]+ cannot use it$/),
        hint: expect.stringContaining('that migrates it'),
      });
    }
  });
});
