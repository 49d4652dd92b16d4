import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { cpoolBodySchema } from '../../../schema/api/leviathan-pools.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { fleet } from '../../../test/support/fleet.ts';
import { PoolsApi } from '../../../test/support/pools.ts';
import { until } from '../../../test/support/until.ts';

const asynchronously = { prefer: 'respond-async' };

/** The seed's example, of namespaces without processes. */
const example = {
  cpoolList: [
    {
      cpoolID: 'pool1',
      type: 'netns',
      start_with: 3,
      cins: [{ cinID: 'cen1', default_route: 'true' }, { cinID: 'cen2' }],
    },
    { cpoolID: 'pool2', type: 'netns', start_with: 3, cins: [{ cinID: 'cen2' }] },
  ],
};

/** Waits until a request is recorded. */
async function accepted(api: PoolsApi): Promise<void> {
  const isPending = async () => (await api.read("SELECT 1 FROM operations WHERE status = 'pending'")).length > 0;
  await until('the request is recorded', isPending);
}

const pool = (start_with: number, cins: readonly string[] = [], more: object = {}) => ({
  ...{ cpoolID: 'p', type: 'netns', start_with, cins: cins.map((cinID) => ({ cinID })) },
  ...more,
});

describe('POST /cpool', () => {
  it('makes the document’s example: one operation with a part for each pool', async () => {
    const api = await PoolsApi.start();
    const operation = await api.send('POST', '/cpool', example);
    expect(operation).toMatchObject({ kind: 'cpool.scale', status: 'pending', progress: { done: 0, total: 6 } });
    const { operations } = await (await api.ask('GET', `/operations?parent=${operation.id}`)).json();
    expect(operations).toMatchObject([
      { kind: 'cpool.scale', progress: { total: 3 }, request: { cpoolID: 'pool2', make: ['cen2'] } },
      { kind: 'cpool.scale', progress: { total: 3 }, request: { cpoolID: 'pool1', make: ['cen1', 'cen2'] } },
    ]);
    const subjects = await api.read(
      'SELECT substr(subject, 50) AS subject FROM operation_subjects WHERE sequence = 2 ORDER BY subject',
    );
    expect(subjects.map((row) => (row as { subject: string }).subject)).toEqual([
      ...['cens/cen1', 'cens/cen2', 'cins/cen1', 'cins/cen2'],
      ...['containers/pool1-1', 'containers/pool1-2', 'containers/pool1-3', 'cpools/pool1'],
    ]);
    await api.succeed();
    const first = await (await api.ask('GET', '/cpool/pool1')).json();
    expect(first).toEqual({
      ...example.cpoolList[0],
      ...{ status: 'ready', containers: ['pool1-1', 'pool1-2', 'pool1-3'], hypervisors: ['host1'] },
    });
    expect(v.is(v.strictObject(cpoolBodySchema.entries), first)).toBe(true);
    expect(await (await api.ask('GET', '/host/host1/pool2-2')).json()).toMatchObject({
      ...{ tag: 'pool2', cens: ['cen2'], ipaddresses: ['10.11.0.14'], state: 'running' },
    });
    expect(await (await api.ask('GET', '/cpool')).json()).toEqual({
      cpools: [first, expect.objectContaining({ cpoolID: 'pool2' })],
    });
  });

  it('answers the pools when it is done; weft’s own answer may be sent back', async () => {
    const api = await PoolsApi.start();
    const waiting = api.ask('POST', '/cpool', example);
    await accepted(api);
    await api.succeed();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expect(body.cpoolList).toMatchObject([{ cpoolID: 'pool1', status: 'ready' }, { cpoolID: 'pool2' }]);
    expect((await api.ask('POST', '/cpool', body, asynchronously)).status).toBe(202);
  });

  it('has nothing to do for an empty list', async () => {
    const api = await PoolsApi.start();
    expect(await (await api.ask('POST', '/cpool', { cpoolList: [] })).json()).toEqual({ cpoolList: [] });
  });

  it('gives each container one interface in a CEN that two networks stand for', async () => {
    const api = await PoolsApi.start();
    await api.send('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: [] }] });
    await api.send('POST', '/cin/import', { net: ['lan'] });
    await api.pool('p', 2, ['net', 'lan']);
    expect(await api.containers()).toEqual(['p-1: lan', 'p-2: lan']);
  });

  it('ignores a default route by a CEN without a CIN', async () => {
    const api = await PoolsApi.start();
    await api.send('PUT', '/cen/lan');
    await api.pool('p', 1, [{ cinID: 'lan', default_route: true }]);
    expect(await api.read("SELECT spec ->> '$.default_route' AS route FROM containers")).toEqual([{ route: null }]);
  });

  it('counts a container that an unfinished operation is changing among those to settle', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 2);
    expect((await api.pool('p', 1)).progress.total).toBe(2);
    await api.succeed();
    expect((await api.pool('p', 1)).progress.total).toBe(0);
  });
});

describe('DELETE /cpool/{id}', () => {
  it('answers the pool as it was, and its containers leave every CEN', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 2, ['net']);
    await api.succeed();
    await api.send('PUT', '/host/host1/p-2/other');
    await api.succeed();
    const was = await (await api.ask('GET', '/cpool/p')).json();
    const operation = await api.send('DELETE', '/cpool/p');
    expect(operation).toMatchObject({ kind: 'cpool.delete', progress: { total: 2 }, result: { was } });
    const subjects = await api.read<{ subject: string }>(
      'SELECT substr(subject, 50) AS subject FROM operation_subjects ORDER BY subject',
    );
    expect(subjects.map(({ subject }) => subject)).toEqual([
      ...['cens/net', 'cens/other', 'containers/p-1', 'containers/p-2', 'cpools/p'],
    ]);
    expect((await api.ask('GET', '/cpool/p')).status).toBe(404);
    expect((await api.ask('DELETE', '/cpool/p')).status).toBe(404);
    await api.succeed();
    expect(await rowCounts(api.database)).toMatchObject({ cpools: 0, containers: 0, members: 0, cens: 2, cins: 1 });
  });

  it('and GET name a pool that does not exist', async () => {
    const api = await PoolsApi.start();
    for (const method of ['GET', 'DELETE']) {
      const answer = await api.ask(method, '/cpool/none');
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        { detail: 'Pool none not found', errors: [{ parameter: 'CPoolId', detail: 'pool none not found' }] },
      ]);
    }
  });
});

describe('with several hypervisors, a pool', () => {
  it('goes where its networks are, and stays where it is', async () => {
    const { ask, database } = await fleet();
    const send = (method: string, path: string, body?: unknown) => ask(method, path, body, asynchronously);
    await send('PUT', '/hypervisors/host2/cen/lan');
    expect((await send('POST', '/cpool', { cpoolList: [pool(1, ['lan'])] })).status).toBe(202);
    expect(await (await ask('GET', '/cpool/p')).json()).toMatchObject({ hypervisors: ['host2'] });
    expect((await send('POST', '/cpool', { cpoolList: [pool(2)] })).status).toBe(202);
    expect(await (await ask('GET', '/cpool/p')).json()).toMatchObject({ start_with: 2, hypervisors: ['host2'] });
    await send('PUT', '/hypervisors/host1/cen/wan');
    const before = await rowCounts(database);
    const answer = await send('POST', '/cpool', { cpoolList: [pool(2, ['wan'])] });
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { detail: '/cpoolList/0/cins/0/cinID wan is on another hypervisor than host2' },
    ]);
    expect(await rowCounts(database)).toEqual(before);
  });
});

describe('a CIN in the path of a membership', () => {
  it('stands for its first CEN', async () => {
    const api = await PoolsApi.start();
    await api.send('POST', '/cen/import', { cenList: ['a', 'b'].map((cenID) => ({ cenID, containerIDs: [] })) });
    await api.send('POST', '/cin/import', { net: ['b', 'a'], bare: [] });
    const joined = api.ask('PUT', '/host/host1/c/net');
    await accepted(api);
    await api.succeed();
    expect(await (await joined).json()).toMatchObject({ cenID: 'b', contIDs: ['c'] });
    expect(await api.containers()).toEqual(['c: b']);
    await api.send('DELETE', '/host/host1/c/net');
    await api.succeed();
    expect(await api.containers()).toEqual(['c:']);
    const again = await api.ask('DELETE', '/host/host1/c/net');
    expect([again.status, await again.json()]).toMatchObject([404, { detail: 'Container c on host1 is not in CEN b' }]);
    const bare = await api.ask('PUT', '/host/host1/c/bare');
    expect([bare.status, await bare.json()]).toMatchObject([422, { detail: 'CIN bare has no CEN' }]);
    expect((await api.ask('DELETE', '/host/host1/c/bare')).status).toBe(404);
    expect(await api.read("SELECT name FROM cens WHERE name IN ('net', 'bare')")).toEqual([]);
  });
});
