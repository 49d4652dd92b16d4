import { describe, expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { Lab } from '../faults/lab.ts';
import { ip, linkNames, namespaces, picture } from '../support/host.ts';
import { until } from '../support/until.ts';

/* The failure tables of docs/operations.md, row by row, as far as they need a real host. */

interface OperationAnswer extends Record<string, unknown> {
  id: string;
  status: string;
  request: unknown;
  error: { detail: string } | null;
  result: { items: { id: string; status: string }[] } | null;
}

/** The newest operation of a kind. */
async function newest(weft: Lab, kind: string): Promise<OperationAnswer> {
  const { body } = await weft.request<{ operations: OperationAnswer[] }>('GET', `/operations?kind=${kind}`);
  const operation = body.operations[0];
  if (!operation) throw new Error(`there is no ${kind}`);
  return operation;
}

const importLan = { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] };

describe('a create that fails', () => {
  it('frees row and names; the operation keeps its request and its error, and can be retried', async () => {
    const weft = await Lab.start();
    ip('netns', 'add', 'x');
    const before = picture();
    const refused = await weft.request('PUT', '/host/host1/x', { tag: 'red' });
    expect(refused.status).toBe(409);
    expect(picture()).toEqual(before);
    expect(await weft.sql('SELECT name FROM containers UNION ALL SELECT name FROM host_names')).toEqual([]);
    const failed = await newest(weft, 'container.create');
    expect(failed).toMatchObject({ status: 'failed', request: { contID: 'x', tag: 'red' } });
    expect(failed.error?.detail).toBe(refused.body.detail);

    ip('netns', 'delete', 'x');
    const retried = await weft.request('POST', `/operations/${failed.id}/retry`, undefined, waiting);
    expect(retried).toMatchObject({ status: 200, body: { status: 'succeeded', request: { contID: 'x', tag: 'red' } } });
    expect((await weft.request('GET', '/host/host1/x')).body).toMatchObject({ state: 'running', tag: 'red' });
  });
});

describe('a change that fails', () => {
  it('is rolled back, on the host and in the rows', async () => {
    const weft = await Lab.start();
    weft.steps.failing = 'links.replace:1';
    await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'wire', containerIDs: ['a', 'b'] }] });
    await weft.request('POST', '/cen/make', ['wire'], waiting);
    const before = picture();
    const { status, body } = await weft.request('PUT', '/host/host1/c/wire');
    expect({ status, detail: body.detail, step: body.step }).toEqual({
      status: 422,
      detail: 'links.replace fails as planned',
      step: 'links.replace',
    });
    expect(picture()).toEqual(before);
    expect((await weft.request('GET', '/cen/wire')).body).toMatchObject({ contIDs: ['a', 'b'], status: 'ready' });
    expect((await weft.request('GET', '/host/host1/c')).status).toBe(404);
  });
});

describe('a removal that fails', () => {
  it('stays the desired state, is degraded with the reason, and is completed by a repair', async () => {
    const weft = await Lab.start();
    weft.steps.failing = 'namespace.delete:always';
    await weft.request('PUT', '/host/host1/x');
    expect((await weft.request('DELETE', '/host/host1/x')).status).toBe(422);
    expect(namespaces()).toEqual(['x']);
    expect(await weft.sql('SELECT desired, state, error FROM v_containers')).toEqual([
      { desired: 'absent', state: 'degraded', error: 'namespace.delete fails as planned' },
    ]);
    weft.steps.failing = undefined;
    // A request does not wait for the end of a pause.
    await weft.request('POST', '/hypervisors/host1/resync');
    await until('the repair is done', () => namespaces().length === 0);
    await until(
      'the row is gone',
      async () => (await weft.sql('SELECT 1 FROM containers UNION ALL SELECT 1 FROM operation_subjects')).length === 0,
    );
    expect((await newest(weft, 'container.repair')).status).toBe('succeeded');
  });
});

describe('a part of a list that fails', () => {
  it('is undone, the others stay, and the list reports it', async () => {
    const weft = await Lab.start();
    await weft.request('POST', '/cen/import', {
      cenList: [...importLan.cenList, { cenID: 'wan', containerIDs: ['x', 'y'] }],
    });
    ip('netns', 'add', 'y');
    expect((await weft.request('POST', '/cen/make', ['lan', 'wan'], waiting)).status).toBe(409);
    const list = (await newest(weft, 'cen.make')).id;
    const { body } = await weft.request<{ operations: OperationAnswer[] }>('GET', '/operations?kind=cen.make');
    const parent = body.operations.find(({ parent: above }) => above === null);
    expect(parent?.status).toBe('failed');
    expect(parent?.result?.items.map(({ id, status }) => [id, status])).toEqual([
      ['lan', 'succeeded'],
      ['wan', 'failed'],
    ]);
    expect(list).not.toBe(parent?.id);
    expect(namespaces()).toEqual(['a', 'b', 'c', 'y']);
    ip('netns', 'delete', 'y');
  });
});

describe('a hypervisor whose executor is away', () => {
  it('does not reject a write: it waits with the reason, and is done when the executor is back', async () => {
    const weft = await Lab.start();
    await weft.abandon();
    await weft.sql('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000');
    const { status, body } = await weft.request('PUT', '/host/host1/x');
    expect(status).toBe(202);
    expect(body).toMatchObject({
      status: 'pending',
      waiting: expect.stringMatching(/^waiting for host1, last seen 6\d s ago$/),
    });
    await weft.startExecutor();
    expect((await weft.request('GET', `/operations/${body.id}`, undefined, waiting)).body.status).toBe('succeeded');
  });
});

describe('cancelling an operation that runs', () => {
  const containerIDs = Array.from({ length: 20 }, (_, ordinal) => `n${ordinal}`);
  const quick = { times: { poll: 20 } };
  const cancelling = 'SELECT 1 FROM operations WHERE cancel_ms IS NOT NULL';
  const importBig = { cenList: [{ cenID: 'big', containerIDs }] };

  /** Has a network made until a step after its namespaces, and asks there for it to be cancelled; goes on when the executor knows. */
  async function cancelHalfWay(weft: Lab, goOn: () => void = () => undefined) {
    const reached = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    weft.steps.onPlace = (place) => {
      if (place !== 'veth.create:before') return undefined;
      reached.resolve();
      return told.promise;
    };
    await weft.request('POST', '/cen/import', importBig);
    const { body } = await weft.request('POST', '/cen/make', ['big']);
    await reached.promise;
    expect(namespaces()).toHaveLength(containerIDs.length);
    const cancelled = weft.request('POST', `/operations/${body.id}/cancel`);
    await until('it is recorded', async () => (await weft.sql(cancelling)).length > 0);
    const polls = weft.executorDatabase.count('poll');
    await until('the executor has read it', () => weft.executorDatabase.answered('poll') > polls);
    weft.steps.onPlace = () => undefined;
    goOn();
    told.resolve();
    return { id: String(body.id), cancelled };
  }

  it('stops it at its next step and rolls it back', async () => {
    const weft = await Lab.start(quick);
    const { id, cancelled } = await cancelHalfWay(weft);
    expect(await cancelled).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
    expect([...namespaces(), ...linkNames(null)]).toEqual([]);
    expect((await weft.request('GET', '/cen/big')).body).toMatchObject({ status: 'pending', wiring_type: null });
    const words = "SELECT type FROM events WHERE type LIKE '%cancelled' GROUP BY type";
    expect(await weft.sql(words)).toEqual([{ type: 'operation.cancelled' }]);
    expect((await weft.request('POST', '/cen/make', ['big'], waiting)).status).toBe(200);
    expect(namespaces()).toHaveLength(containerIDs.length);
  });

  it('is completed after a kill of weft: the next start rolls the operation back', async () => {
    const weft = await Lab.start(quick);
    let halted: Promise<void> | undefined;
    const { id } = await cancelHalfWay(weft, () => {
      halted = weft.haltAt('namespace.delete:before');
    });
    await halted;
    expect(namespaces().length).toBeGreaterThan(0);
    await weft.abandon();
    await weft.startExecutor();
    expect((await weft.request('GET', `/operations/${id}`, undefined, waiting)).body.status).toBe('cancelled');
    expect(namespaces()).toEqual([]);
  });
});
