import { describe, expect, it } from 'vitest';
import { powerActions } from '../../../schema/resources/domains/power.ts';
import { DomainsApi, failed, MEMORY } from '../../../test/support/domains/api.ts';

describe('PUT /hosts/{hostname}/{action}', () => {
  it.each([
    ['running', { start: 202, shutdown: 202, reboot: 202, reset: 202, destroy: 202, suspend: 202, resume: 202 }],
    ['shut off', { start: 202, shutdown: 202, reboot: 409, reset: 409, destroy: 202, suspend: 409, resume: 409 }],
    ['crashed', { start: 202, shutdown: 202, reboot: 409, reset: 409, destroy: 202, suspend: 409, resume: 409 }],
    ['paused', { start: 409, shutdown: 409, reboot: 409, reset: 202, destroy: 202, suspend: 202, resume: 202 }],
    ['pmsuspended', { start: 409, shutdown: 409, reboot: 409, reset: 202, destroy: 202, suspend: 409, resume: 409 }],
    ['in shutdown', { start: 202, shutdown: 202, reboot: 202, reset: 202, destroy: 202, suspend: 202, resume: 202 }],
  ])('of a host that is %s answers as its state allows', async (state, expected) => {
    const api = await DomainsApi.start();
    await api.created('a');
    const answers: Record<string, number> = {};
    for (const action of powerActions) {
      await api.write(`UPDATE domains SET state = '${state}'`);
      const answer = await api.act('a', action);
      answers[action] = answer.status;
      if (answer.status === 202) await api.end(failed);
      else expect(answer.body.detail).toBe(`Host a: ${action} is for no host that is ${state}`);
    }
    expect(answers).toEqual(expected);
  });

  it('answers the host, which has the power that was asked for', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    const waiting = api.ask('PUT', '/hosts/a/suspend', undefined, { prefer: 'wait=10' });
    await expect.poll(() => api.read("SELECT 1 FROM operations WHERE status = 'pending'")).toHaveLength(1);
    expect((await api.get('a')).body).toMatchObject({ state: 'running' });
    await api.end();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(await answer.json()).toMatchObject({ name: 'a', state: 'paused' });
  });

  it('counts what was asked for before', async () => {
    const api = await DomainsApi.start();
    await api.create('a', { start: false });
    expect((await api.act('a', 'suspend')).status).toBe(409);
    expect((await api.act('a', 'start')).status).toBe(202);
    expect((await api.act('a', 'suspend')).status).toBe(202);
    expect((await api.act('a', 'start')).status).toBe(409);
    for (const power of ['shut off', 'running', 'paused']) {
      await api.end();
      expect(await api.rows()).toMatchObject([{ power: 'paused', state: power }]);
    }
  });

  it('that failed wants what was wanted before, or what was asked for since', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.act('a', 'shutdown');
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ power: 'running', state: 'running', error: 'it cannot be' }]);
    await api.act('a', 'shutdown');
    await api.act('a', 'start');
    await api.act('a', 'suspend');
    await api.act('a', 'reset');
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ power: 'paused' }]);
  });

  it('is accepted in any state while libvirt is away: the state is unknown', async () => {
    const api = await DomainsApi.start();
    await api.created('a', { start: false });
    await api.write(
      `UPDATE hypervisors SET capabilities = '{"libvirt":{"available":false,"reason":"gone","away":true}}'`,
    );
    expect((await api.get('a')).body).toMatchObject({ state: 'unknown' });
    expect((await api.act('a', 'resume')).status).toBe(202);
  });

  it('is a 404 for what is no action, and a 409 for a host that is being deleted', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    expect(await api.act('a', 'explode')).toMatchObject({
      status: 404,
      body: { detail: 'Hosts have no action explode', errors: [{ parameter: 'action' }] },
    });
    await api.send('DELETE', '/hosts/a');
    expect(await api.act('a', 'start')).toMatchObject({ status: 409, body: { detail: 'Host a is being deleted' } });
    expect((await api.send('PATCH', '/hosts/a', { memory: 1 })).status).toBe(409);
  });
});

describe('PATCH /hosts/{hostname}', () => {
  it.each([
    [{ memory: 0 }, '/memory', 'must be at least 1'],
    [{ vcpus: 'x' }, '/vcpus', 'must be a number'],
    [{ autostart: null }, '/autostart', 'must be true or false'],
    [{ disks: [8] }, '/disks', 'unknown member'],
    [[], '', 'must be an object'],
  ])('refuses %j', async (body, pointer, detail) => {
    const api = await DomainsApi.start();
    await api.created('a');
    expect(await api.send('PATCH', '/hosts/a', body)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer, detail: expect.stringContaining(detail) }] },
    });
  });

  it('merges, and reserves what it asks for', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.send('PATCH', '/hosts/a', { memory: 1_024, autostart: false });
    expect(await api.reserved()).toEqual([{ memory: 1_024, disk: 8_192, cpu: 1 }]);
    await api.end();
    expect((await api.get('a')).body).toMatchObject({ memory: 1_024, vcpus: 1, autostart: false, state: 'running' });
    expect(await api.send('PATCH', '/hosts/a', { memory: MEMORY + 1 })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining(`${MEMORY + 1} MB requested`) },
    });
    await api.send('PATCH', '/hosts/a', { memory: 2_048, vcpus: 3 });
    await api.send('PATCH', '/hosts/a', { vcpus: 2 });
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ memory: 1_024, vcpus: 2, error: 'it cannot be' }]);
    expect(await api.reserved()).toEqual([{ memory: 1_024, disk: 8_192, cpu: 2 }]);
  });

  it('is refused with an entity tag that is out of date', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    const etag = (await api.get('a')).headers.get('etag') ?? '';
    expect((await api.send('PATCH', '/hosts/a', { vcpus: 2 }, { 'if-match': etag })).status).toBe(202);
    await api.end();
    for (const [method, body] of [
      ['PATCH', { vcpus: 3 }],
      ['DELETE', undefined],
    ] as const) {
      expect((await api.send(method, '/hosts/a', body, { 'if-match': etag })).status).toBe(412);
    }
    expect((await api.send('DELETE', '/hosts/a', undefined, { 'if-match': '*' })).status).toBe(202);
  });
});

it('of two changes at once with the same entity tag one is refused', async () => {
  const api = await DomainsApi.start();
  await api.created('a');
  const answers = await Promise.all(
    [2, 3].map((vcpus) => api.send('PATCH', '/hosts/a', { vcpus }, { 'if-match': '"0"' })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 412]);
});

describe('DELETE /hosts/{hostname}', () => {
  it('answers the host as it was, and returns what it had reserved', async () => {
    const api = await DomainsApi.start();
    await api.created('ns');
    await api.created('ns.example.com', { disks: [1, 2] });
    const was = (await api.get('ns')).body;
    const waiting = api.ask('DELETE', '/hosts/ns', undefined, { prefer: 'wait=10' });
    await expect.poll(async () => (await api.get('ns')).body.state).toBe('deleting');
    expect(await api.reserved()).toHaveLength(2);
    await api.end();
    const answer = await waiting;
    expect([answer.status, await answer.json()]).toEqual([200, was]);
    expect((await api.get('ns')).status).toBe(404);
    expect(await api.reserved()).toEqual([{ memory: 512, disk: 3 * 1_024, cpu: 1 }]);
    expect(await api.read('SELECT position, size FROM domain_disks')).toEqual([
      { position: 0, size: 1 },
      { position: 1, size: 2 },
    ]);
    expect(await api.read('SELECT position FROM domain_nics')).toHaveLength(1);
  });

  it('that failed stays wanted, is shown, and may be asked for again', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.send('DELETE', '/hosts/a');
    await api.end(failed);
    expect((await api.get('a')).body).toMatchObject({ state: 'degraded', error: 'it cannot be' });
    expect(await api.reserved()).toHaveLength(1);
    expect((await api.create('a')).status).toBe(409);
    await api.send('DELETE', '/hosts/a');
    expect((await api.get('a')).body).toMatchObject({ state: 'deleting' });
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('twice removes one host, and not the next of its name', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.send('DELETE', '/hosts/a');
    expect((await api.send('DELETE', '/hosts/a')).status).toBe(202);
    await api.end();
    expect((await api.create('a', { vcpus: 2 })).status).toBe(202);
    expect((await api.next()).rows).toMatchObject({ row: undefined, before: null, after: null });
    await api.end();
    await api.end();
    expect(await api.rows()).toMatchObject([{ name: 'a', vcpus: 2, state: 'running' }]);
    expect(await api.reserved()).toHaveLength(1);
  });

  it('that is cancelled before it has begun changes nothing', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    const { body } = await api.send('DELETE', '/hosts/a');
    expect((await api.send('POST', `/operations/${body.id}/cancel`)).status).toBe(200);
    expect((await api.get('a')).body).toMatchObject({ state: 'running' });
    expect(await api.rows()).toMatchObject([{ desired: 'present' }]);
  });
});
