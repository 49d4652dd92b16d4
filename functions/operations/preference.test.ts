import { describe, expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { api } from '../../test/support/api.ts';
import { insertHypervisor } from '../../test/support/database.ts';
import { kill } from '../../test/support/fleet.ts';

describe('Preference-Applied', () => {
  it.each([
    ['respond-async', 'respond-async'],
    ['wait=0', 'wait=0'],
    ['respond-async, wait=0', 'respond-async, wait=0'],
  ])('of a write that is not waited for, with Prefer: %s, is %s', async (prefer, applied) => {
    const { ask } = await api();
    const answer = await ask('PUT', '/host/host1/c', undefined, { prefer });
    expect(answer.headers.get('preference-applied')).toBe(applied);
  });

  it('is the time that was really waited: zero if the executor is dead', async () => {
    const { database, ask } = await api();
    await kill(database, 'host1');
    const answer = await ask('PUT', '/host/host1/c', undefined, { prefer: 'wait=10' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=0']);
    const { id } = await answer.json();
    const read = await ask('GET', `/operations/${id}`, undefined, { prefer: 'wait=10' });
    expect(read.headers.get('preference-applied')).toBe('wait=0');
  });

  it.each([
    ['wait=100', 'wait=30'],
    ['handling=lenient', null],
  ])('is the granted wait, if the work ended within it: with Prefer: %s, it is %s', async (prefer, applied) => {
    const { ask } = await api();
    const answer = await ask('PUT', '/cen/lan', undefined, { prefer });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, applied]);
  });

  it('is the whole wait, if it elapsed', async () => {
    const { ask } = await api();
    const answer = await ask('PUT', '/host/host1/c', undefined, { prefer: 'wait=1' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
  });
});

describe('waiting', () => {
  it('goes on for a list that is spread over two hypervisors, whose operation belongs to neither', async () => {
    const { database, ask } = await api();
    await insertHypervisor(database, 'host2');
    await ask('POST', '/hypervisors/host1/cen/import', { cenList: [{ cenID: 'one', containerIDs: ['a'] }] });
    await ask('POST', '/hypervisors/host2/cen/import', { cenList: [{ cenID: 'two', containerIDs: ['b'] }] });
    const answer = await ask('POST', '/cen/make', ['one', 'two'], { prefer: 'wait=1' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
    expect((await answer.json()).waiting).toBeUndefined();
  });

  const away = { available: false, away: true, reason: 'connection refused' };

  it('names the technology that is away, on the operations that need it', async () => {
    const { database, ask } = await api();
    const answer = await ask('PUT', '/host/host1/c', undefined, { prefer: 'respond-async' });
    const { id, waiting } = await answer.json();
    expect(waiting).toBeUndefined();
    await database.write([
      statement('UPDATE hypervisors SET capabilities = :capabilities', {
        capabilities: JSON.stringify({ netns: away, spp: { available: false, reason: 'not built' } }),
      }),
    ]);
    const read = async () => (await ask('GET', `/operations/${id}`)).json();
    expect(await read()).toMatchObject({
      status: 'pending',
      waiting: 'waiting for netns on host1: connection refused',
    });
    await kill(database, 'host1');
    expect((await read()).waiting).toMatch(/^waiting for host1, last seen \d+ s ago$/);
    await database.write([statement("UPDATE operations SET status = 'running'")]);
    expect((await read()).waiting).toBeUndefined();
  });

  it('a write waits for a technology that is away; one that the host lacks is a 422', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a'] }] });
    const set = (capability: unknown) =>
      database.write([
        statement('UPDATE hypervisors SET capabilities = :capabilities', {
          capabilities: JSON.stringify({ netns: capability }),
        }),
      ]);
    const subnet = { 'c6430cba-648a-41aa-aee4-b59dacfc790d': 'br0' };
    const requests: readonly [string, string, unknown?][] = [
      ['PUT', '/host/host1/c'],
      ['PUT', '/host/host1/c/lan'],
      ['POST', '/cen/make', ['lan']],
      ['PATCH', '/hypervisors/host1/subnets', subnet],
    ];
    await set({ available: false, reason: 'not built' });
    for (const [method, path, body] of requests.slice(0, 3)) expect((await ask(method, path, body)).status).toBe(422);
    await set(away);
    for (const [method, path, body] of requests) {
      const answer = await ask(method, path, body, { prefer: 'respond-async' });
      expect([path, answer.status]).toEqual([path, 202]);
      expect(await answer.json()).toMatchObject({ waiting: 'waiting for netns on host1: connection refused' });
    }
    const association = `/hypervisors/host1/subnets/${Object.keys(subnet)[0]}`;
    expect(await (await ask('GET', association)).json()).toMatchObject({ state: 'pending', error: null });
  });

  it('/readyz lists a technology that is away and stays ready', async () => {
    const { database, ask } = await api();
    await database.write([
      statement('UPDATE hypervisors SET capabilities = :capabilities', {
        capabilities: JSON.stringify({ netns: away, spp: { available: false, reason: 'not built' } }),
      }),
    ]);
    const answer = await ask('GET', '/readyz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: 'ready',
      executors: ['host1'],
      away: [{ hypervisor: 'host1', technology: 'netns', reason: 'connection refused' }],
    });
  });

  it('with a heartbeat in the future reports that the clock was set back, and does not wait', async () => {
    const { database, ask } = await api();
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms + 86400000')]);
    const answer = await ask('PUT', '/host/host1/c', undefined, { prefer: 'wait=10' });
    expect(answer.headers.get('preference-applied')).toBe('wait=0');
    expect((await answer.json()).waiting).toMatch(
      /^waiting for host1, last seen \d+ s in the future: the clock was set back$/,
    );
    const ready = await ask('GET', '/readyz');
    expect(ready.status).toBe(503);
    expect((await ready.json()).detail).toMatch(/^No executor is alive; host1 was last seen \d+ s in the future/);
  });
});
