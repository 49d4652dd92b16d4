import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { type Ask, api } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';

const asynchronously = { prefer: 'respond-async' };

async function idOf(answer: Response): Promise<string> {
  const { id }: { id: string } = await answer.json();
  return id;
}

/** The rows of networks, without columns that change with every request. */
async function networks(database: Database): Promise<unknown> {
  const [cens, containers, members, names] = await database.read([
    statement('SELECT name, spec, applied_spec, desired FROM cens ORDER BY name'),
    statement('SELECT name, spec, applied_spec, desired FROM containers ORDER BY name'),
    statement('SELECT outside, removed IS NULL AS current FROM members ORDER BY outside'),
    statement('SELECT name FROM host_names ORDER BY name'),
  ]);
  return { cens, containers, members, names };
}

const list = { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] };
const other = { cenList: [{ cenID: 'lan', containerIDs: ['b', 'c', 'd'] }] };

async function madeLan(database: Database, ask: Ask): Promise<void> {
  await ask('POST', '/cen/import', list);
  await database.write([
    statement(`UPDATE cens SET spec = '{"made":true}', applied_spec = '{"made":true}'`),
    statement(`UPDATE containers SET applied_spec = json_set(spec, '$.namespace', json('true'))`),
  ]);
}

describe('cancelling an operation that has not begun rolls its changes back at once:', () => {
  it.each<[string, string, string, unknown]>([
    ['make', 'POST', '/cen/make', ['lan']],
    ['destroy', 'POST', '/cen/destroy', ['lan']],
    ['delete a CEN', 'DELETE', '/cen/lan', undefined],
    ['import of another list', 'POST', '/cen/import', other],
    ['join', 'PUT', '/host/host1/e/lan', undefined],
    ['join of another CEN', 'PUT', '/host/host1/e/wan', undefined],
    ['leave', 'DELETE', '/host/host1/a/lan', undefined],
    ['create a container', 'PUT', '/host/host1/alone', undefined],
    ['change a container', 'PUT', '/host/host1/a', { tag: 'new' }],
    ['delete a container', 'DELETE', '/host/host1/a', undefined],
  ])('%s', async (name, method, path, body) => {
    const { database, ask } = await api();
    await madeLan(database, ask);
    if (name === 'import of another list') await ask('PUT', '/host/host1/d', undefined, asynchronously);
    await database.write([
      statement('DELETE FROM operation_subjects'),
      statement("UPDATE operations SET status = 'succeeded'"),
      statement(`UPDATE containers SET applied_spec = json_set(spec, '$.namespace', json('true'))`),
      ...(name === 'make'
        ? [statement(`UPDATE cens SET spec = '{"made":false}', applied_spec = '{"made":false}'`)]
        : []),
    ]);
    const before = await networks(database);
    const id = await idOf(await ask(method, path, body, asynchronously));
    expect(await networks(database)).not.toEqual(before);
    const answer = await ask('POST', `/operations/${id}/cancel`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id, status: 'cancelled', error: { code: 'cancelled' } });
    expect(await networks(database)).toEqual(before);
    const [subjects] = await database.read([statement('SELECT subject FROM operation_subjects')]);
    expect(subjects).toEqual([]);
  });

  it('and keeps the changes of another pending operation', async () => {
    const { database, ask } = await api();
    await madeLan(database, ask);
    const make = await idOf(await ask('POST', '/cen/make', ['lan']));
    const destroy = await idOf(await ask('POST', '/cen/destroy', ['lan']));
    const made = async () => {
      const [rows] = await database.read([statement<{ made: number }>("SELECT spec ->> '$.made' AS made FROM cens")]);
      return rows[0]?.made;
    };
    expect(await made()).toBe(0);
    await ask('POST', `/operations/${destroy}/cancel`);
    expect(await made()).toBe(1);
    await ask('POST', '/cen/destroy', ['lan']);
    await ask('POST', `/operations/${make}/cancel`);
    expect(await made()).toBe(0);
  });

  it('part by part, until the list is cancelled too', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', {
      cenList: [...list.cenList, { cenID: 'wan', containerIDs: ['x', 'y'] }],
    });
    const id = await idOf(await ask('POST', '/cen/make', ['lan', 'wan']));
    const { operations }: { operations: { id: string }[] } = await (
      await ask('GET', `/operations?parent=${id}`)
    ).json();
    const parts = operations.map((part) => part.id);
    await ask('POST', `/operations/${parts[0]}/cancel`);
    expect(await (await ask('GET', `/operations/${id}`)).json()).toMatchObject({ status: 'pending' });
    await ask('POST', `/operations/${parts[1]}/cancel`);
    expect(await (await ask('GET', `/operations/${id}`)).json()).toMatchObject({
      status: 'cancelled',
      error: { detail: expect.stringMatching(/^2 of 2 were cancelled: /) },
    });
    const events = await (await ask('GET', '/operations?kind=operation.cancel')).json();
    expect(events.operations).toHaveLength(2);
  });
});

describe('cancel', () => {
  it('marks an operation that an executor has begun, and answers 202 while it is rolled back', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', list);
    const id = await idOf(await ask('POST', '/cen/make', ['lan']));
    await database.write([statement("UPDATE operations SET status = 'running', attempt = 1 WHERE kind = 'cen.make'")]);
    const answer = await ask('POST', `/operations/${id}/cancel`, undefined, { prefer: 'wait=0' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/operations/${id}`);
    expect(await answer.json()).toMatchObject({ status: 'running', cancelling: true });
  });

  it('of an ended operation is a 409, of an unknown one a 404; neither leaves a row', async () => {
    const { database, ask } = await api();
    const created = await ask('PUT', '/cen/lan');
    const before = await rowCounts(database);
    const refused = await ask('POST', `/operations/${created.headers.get('operation-id')}/cancel`);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('status succeeded') });
    expect((await ask('POST', '/operations/none/cancel')).status).toBe(404);
    expect(await rowCounts(database)).toEqual(before);
  });

  it('with a key is one operation, however often it is sent', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', list);
    const id = await idOf(await ask('POST', '/cen/make', ['lan']));
    const cancel = () => ask('POST', `/operations/${id}/cancel`, undefined, { 'idempotency-key': 'k' });
    const first = await cancel();
    const rows = await rowCounts(database);
    const second = await cancel();
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.headers.get('operation-id')).toBe(first.headers.get('operation-id'));
    expect(await rowCounts(database)).toEqual(rows);
  });
});

describe('retry', () => {
  it('files the stored request of a failed or cancelled operation as a new one', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', list);
    const requests: [string, string, unknown?][] = [
      ['POST', '/cen/make', ['lan']],
      ['PUT', '/host/host1/x/lan'],
      ['PUT', '/host/host1/y', { tag: 't' }],
      ['DELETE', '/host/host1/a/lan'],
      ['DELETE', '/host/host1/a'],
      ['DELETE', '/cen/lan'],
      ['POST', '/hypervisors/host1/resync?dry_run=true'],
      ['DELETE', '/hypervisors/host1/orphans'],
    ];
    for (const [method, path, body] of requests) {
      const id = await idOf(await ask(method, path, body, asynchronously));
      await ask('POST', `/operations/${id}/cancel`);
      const answer = await ask('POST', `/operations/${id}/retry`);
      expect({ path, status: answer.status }).toEqual({ path, status: 202 });
      const [old, again] = [await (await ask('GET', `/operations/${id}`)).json(), await answer.json()];
      expect(again).toMatchObject({ kind: old.kind, request: old.request, status: 'pending' });
      expect(again.id).not.toBe(id);
      await ask('POST', `/operations/${again.id}/cancel`);
    }
  });

  it('of a part names the list; of an operation that did not fail is a 409', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', list);
    const id = await idOf(await ask('POST', '/cen/make', ['lan']));
    expect((await ask('POST', `/operations/${id}/retry`)).status).toBe(409);
    await ask('POST', `/operations/${id}/cancel`);
    const { operations }: { operations: { id: string }[] } = await (
      await ask('GET', `/operations?parent=${id}`)
    ).json();
    const refused = await ask('POST', `/operations/${operations[0]?.id}/retry`);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ hint: expect.stringContaining(`/operations/${id}/retry`) });
  });
});
