import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { type Networks, networks, subjectsOf, succeed } from '../../../test/support/cins.ts';
import { rowCounts } from '../../../test/support/database.ts';

const asynchronously = { prefer: 'respond-async' };

/** Sends a request and returns its operation. */
async function send({ ask }: Networks, method: string, path: string, body?: unknown) {
  const answer = await ask(method, path, body, asynchronously);
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  const id = answer.headers.get('operation-id') ?? '';
  return { id, body: JSON.parse(text) };
}

async function cinRow({ database }: Networks, cin: string) {
  const [[row]] = await database.read([
    statement<Record<string, unknown>>('SELECT spec, applied_spec, generation, desired FROM cins WHERE name = :cin', {
      cin,
    }),
  ]);
  return row;
}

/** The parts of an operation, in the order of their acceptance. */
async function partsOf({ ask }: Networks, operation: string) {
  const { operations } = await (await ask('GET', `/operations?parent=${operation}`)).json();
  return (operations as { kind: string; resource: string; request: unknown; progress: { total: number } }[])
    .map(({ kind, request, progress }) => ({ kind, request, total: progress.total }))
    .reverse();
}

/** The CENs of all CINs, with the kinds of the parts that add and remove them. */
async function cenRows({ database }: Networks) {
  const [rows] = await database.read([
    statement<Record<string, unknown>>(
      `SELECT i.name || ' ' || n.name AS pair, a.kind AS added, r.kind AS removed, x.position
       FROM cin_cens x JOIN cins i ON i.id = x.cin JOIN cens n ON n.id = x.cen
       LEFT JOIN operations a ON a.sequence = x.added AND a.parent IS NOT NULL
       LEFT JOIN operations r ON r.sequence = x.removed AND r.parent IS NOT NULL ORDER BY pair`,
    ),
  ]);
  return rows;
}

const cens = { a: ['x', 'y'], b: ['y', 'z'], c: ['w'], d: [] };

describe('POST /cin/make', () => {
  it('answers 202 with one operation, which has a part for each CIN with all that it changes', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a', 'b'], two: ['c'], empty: [] });
    const answer = await net.ask('POST', '/cin/make', ['one', 'empty', 'one', 'two']);
    expect(answer.status).toBe(202);
    const made: { id: string } = await answer.json();
    expect(made).toMatchObject({
      ...{ kind: 'cin.make', status: 'pending', progress: { done: 0, total: 4 } },
    });
    expect(await partsOf(net, made.id)).toEqual([
      { kind: 'cin.make', request: { cinID: 'one' }, total: 3 },
      { kind: 'cin.make', request: { cinID: 'empty' }, total: 0 },
      { kind: 'cin.make', request: { cinID: 'two' }, total: 1 },
    ]);
    expect(await subjectsOf(net.database, made.id)).toEqual([
      ['cens/a', 'cens/b', 'cins/one', 'containers/x', 'containers/y', 'containers/z'],
      ['cins/empty'],
      ['cens/c', 'cins/two', 'containers/w'],
    ]);
    expect(await cinRow(net, 'one')).toEqual({ ...unmade, spec: '{"made":true}', generation: 2 });
    expect(await (await net.ask('GET', '/cin/one')).json()).toMatchObject({ status: 'preparing' });
    await succeed(net.database);
    expect(await (await net.ask('GET', '/cin/one')).json()).toMatchObject({ status: 'ready' });
  });

  it('and destroy name what is unknown, and start nothing', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a'] });
    const before = await rowCounts(net.database);
    for (const path of ['/cin/make', '/cin/destroy']) {
      const answer = await net.ask('POST', path, ['other', 'one', 'more']);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({
        detail: 'CIN other, more not found; nothing was started',
        hint: 'POST /cin/import declares CINs',
        errors: [
          { pointer: '/0', detail: 'CIN other not found' },
          { pointer: '/2', detail: 'CIN more not found' },
        ],
      });
    }
    expect(await rowCounts(net.database)).toEqual(before);
  });

  it('has nothing to do for an empty list', async () => {
    const net = await networks();
    expect(await (await net.ask('POST', '/cin/make', [], { prefer: 'wait=5' })).json()).toMatchObject({
      status: 'succeeded',
    });
  });
});

const unmade = { spec: '{"made":false}', applied_spec: '{"made":false}', generation: 1, desired: 'present' };

it('POST /cin/destroy keeps the rows', async () => {
  const net = await networks(cens);
  await net.cins({ one: ['a'] });
  await send(net, 'POST', '/cin/make', ['one']);
  await succeed(net.database);
  const { id } = await send(net, 'POST', '/cin/destroy', ['one']);
  expect(await subjectsOf(net.database, id)).toEqual([['cens/a', 'cins/one', 'containers/x', 'containers/y']]);
  expect(await cinRow(net, 'one')).toMatchObject({
    spec: '{"made":false}',
    applied_spec: '{"made":true}',
    generation: 3,
  });
  expect(await (await net.ask('GET', '/cin/one')).json()).toMatchObject({ cenIDs: ['a'] });
});

describe('POST /cin/import of a CIN that is made', () => {
  it('has a part with what the CIN had before and has after', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a', 'b'] });
    await send(net, 'POST', '/cin/make', ['one']);
    await succeed(net.database);
    const { id, body } = await send(net, 'POST', '/cin/import', { one: ['c', 'b'], fresh: ['d'] });
    expect(body).toMatchObject({ status: 'pending', progress: { total: 3 } });
    expect(await partsOf(net, id)).toEqual([{ kind: 'cin.import', request: { cinID: 'one' }, total: 3 }]);
    expect(await subjectsOf(net.database, id)).toEqual([
      ['cens/a', 'cens/b', 'cens/c', 'cins/one', 'containers/w', 'containers/x', 'containers/y', 'containers/z'],
    ]);
    expect(await cenRows(net)).toEqual([
      { pair: 'fresh d', added: null, removed: null, position: 0 },
      { pair: 'one a', added: null, removed: 'cin.import', position: 0 },
      { pair: 'one b', added: null, removed: null, position: 1 },
      { pair: 'one c', added: 'cin.import', removed: null, position: 0 },
    ]);
    // The address of one that leaves is free when the host has let it go.
    expect(await net.offsets('one')).toEqual({ x: 10, y: 11, z: 12, w: 13 });
    await succeed(net.database);
    expect(await net.offsets('one')).toEqual({ y: 11, z: 12, w: 13 });
  });

  it('or that an unfinished operation is changing, or that could not be destroyed', async () => {
    const net = await networks(cens);
    const imported = async () => (await send(net, 'POST', '/cin/import', { one: ['a'] })).body.status;
    expect(await imported()).toBe('succeeded');
    await send(net, 'POST', '/cin/make', ['one']);
    expect(await imported()).toBe('pending');
    await send(net, 'POST', '/cin/destroy', ['one']);
    expect(await imported()).toBe('pending');
    await send(net, 'POST', '/cin/make', ['one']);
    await succeed(net.database);
    await send(net, 'POST', '/cin/destroy', ['one']);
    await net.database.write([statement('DELETE FROM operation_subjects')]);
    expect(await imported()).toBe('pending');
    await succeed(net.database);
    expect(await imported()).toBe('succeeded');
  });

  it('keeps a CEN from other CINs until it has let it go', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a', 'b'] });
    await send(net, 'POST', '/cin/make', ['one']);
    await succeed(net.database);
    const exchange = await net.ask('POST', '/cin/import', { one: ['b'], two: ['a'] }, asynchronously);
    expect(await exchange.json()).toMatchObject({
      status: 409,
      errors: [{ pointer: '/two/0', detail: 'CEN a is in CIN one' }],
    });
    await send(net, 'POST', '/cin/import', { one: ['b'] });
    const early = await net.ask('POST', '/cin/import', { two: ['a'] });
    expect(await early.json()).toMatchObject({
      status: 409,
      errors: [{ pointer: '/two/0', detail: 'CEN a is in CIN one until that has let it go' }],
    });
    expect((await net.ask('DELETE', '/cen/a')).status).toBe(409);
    await succeed(net.database);
    expect((await net.ask('POST', '/cin/import', { two: ['a'] })).status).toBe(200);
  });
});

describe('DELETE /cin/{id}', () => {
  it('answers the CIN as it was, and leaves its CENs', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a', 'b'] });
    await send(net, 'POST', '/cin/make', ['one']);
    await succeed(net.database);
    const was = await (await net.ask('GET', '/cin/one')).json();
    const { id, body } = await send(net, 'DELETE', '/cin/one');
    expect(body).toMatchObject({ kind: 'cin.delete', progress: { done: 0, total: 3 }, result: { was } });
    expect(was).toMatchObject({ status: 'ready', cenIDs: ['a', 'b'], containers: { length: 3 } });
    expect(await subjectsOf(net.database, id)).toEqual([
      ['cens/a', 'cens/b', 'cins/one', 'containers/x', 'containers/y', 'containers/z'],
    ]);
    expect(await cinRow(net, 'one')).toEqual({
      spec: '{"made":false}',
      applied_spec: '{"made":true}',
      generation: 3,
      desired: 'absent',
    });
    // What a repair after a failure has to take from the host.
    const [current] = await net.database.read([statement('SELECT 1 FROM cin_cens WHERE removed IS NULL')]);
    expect(current).toHaveLength(2);
    expect((await net.ask('GET', '/cin/one')).status).toBe(404);
    expect((await net.ask('DELETE', '/cin/one')).status).toBe(404);
    await succeed(net.database);
    expect(await rowCounts(net.database)).toMatchObject({ cins: 0, cin_cens: 0, cin_addresses: 0, cens: 4 });
  });
});

describe('a CEN of a CIN', () => {
  it('is changed together with the CIN and its other CENs', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a', 'b', 'd'], two: ['c'] });
    const made = await send(net, 'POST', '/cen/make', ['a', 'c']);
    expect(await subjectsOf(net.database, made.id)).toEqual([
      ['cens/a', 'cens/b', 'cens/d', 'cins/one', 'containers/x', 'containers/y'],
      ['cens/c', 'cins/two', 'containers/w'],
    ]);
    await succeed(net.database);
    const destroyed = await send(net, 'POST', '/cen/destroy', ['b']);
    expect(await subjectsOf(net.database, destroyed.id)).toEqual([
      ['cens/a', 'cens/b', 'cens/d', 'cins/one', 'containers/y', 'containers/z'],
    ]);
    const imported = await send(net, 'POST', '/cen/import', {
      cenList: [{ cenID: 'a', containerIDs: ['x', 'y', 'v'] }],
    });
    expect(await subjectsOf(net.database, imported.id)).toEqual([
      ['cens/a', 'cens/b', 'cens/d', 'cins/one', 'containers/v'],
    ]);
    const joined = await send(net, 'PUT', '/host/host1/u/a');
    expect(await subjectsOf(net.database, joined.id)).toEqual([['cens/a', 'containers/u']]);
  });

  it('is not deleted', async () => {
    const net = await networks(cens);
    await net.cins({ one: ['a'] });
    const before = await rowCounts(net.database);
    const answer = await net.ask('DELETE', '/cen/a');
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ detail: 'CEN a is in CIN one' });
    expect(await rowCounts(net.database)).toEqual(before);
    await net.cins({ one: [] });
    expect((await send(net, 'DELETE', '/cen/a')).body).toMatchObject({ kind: 'cen.delete', status: 'pending' });
  });
});

it('a failed import can be retried with the request that its operation keeps', async () => {
  const net = await networks(cens);
  const { id } = await send(net, 'POST', '/cin/import', { one: { cens: ['a'], cidr: '172.20.0.0/16' }, two: ['b'] });
  await net.database.write([
    statement("UPDATE operations SET status = 'failed', error = '{}' WHERE id = :id", { id }),
    statement('DELETE FROM cins'),
  ]);
  expect((await send(net, 'POST', `/operations/${id}/retry`)).body).toMatchObject({ status: 'succeeded' });
  const { cins } = await (await net.ask('GET', '/cin')).json();
  expect(cins).toMatchObject([
    { cinID: 'one', cenIDs: ['a'], cidr: '172.20.0.0/16' },
    { cinID: 'two', cenIDs: ['b'], cidr: '10.10.0.0/16' },
  ]);
});
