import { describe, expect, it } from 'vitest';
import { foreignDomainsNote, seenDomainsNote } from '../../../schema/resources/domains/notes.ts';
import { DomainsApi, MEMORY } from '../../../test/support/domains/api.ts';

const windows = { uuid: 'u1', name: 'Windows 10 (old)', state: 'running', memory: 2_048, vcpus: 2 };
const other = { uuid: 'u2', name: 'b', state: 'shut off', memory: 64, vcpus: 1 };

describe('a reservation for a host', () => {
  it('holds: of two creates that together exceed the memory one is refused', async () => {
    const api = await DomainsApi.start();
    const memory = MEMORY - 1_000;
    const answers = await Promise.all(['a', 'b'].map((name) => api.create(name, { memory })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
    expect(answers.find(({ status }) => status === 422)?.body).toMatchObject({
      detail: `host1 has 1000 MB of memory available, ${memory} MB requested`,
      errors: [{ hypervisor: 'host1' }],
    });
    expect(await api.rows()).toHaveLength(1);
    expect(await api.reserved()).toEqual([{ memory, disk: 8_192, cpu: 1 }]);
  });

  it.each([
    [{ disks: [60, 41] }, 'host1 has 102400 MB of disk available, 103424 MB requested'],
    [{ vcpus: 17 }, 'host1 has 16 cores available, 17 requested'],
  ])('%j is more than there is', async (members, detail) => {
    const api = await DomainsApi.start();
    expect(await api.create('a', members)).toMatchObject({ status: 422, body: { detail } });
    expect(await api.reserved()).toEqual([]);
  });

  it('is shown by its hypervisor, and returned by a cancelled create', async () => {
    const api = await DomainsApi.start();
    const { body } = await api.create('a', { vcpus: 2, disks: [1, 1] });
    const available = async () => (await api.send('GET', '/hypervisors/host1')).body.available_resources;
    expect(await available()).toEqual({ memory: MEMORY - 512, disk: 98 * 1_024, cpu: 4 });
    await api.send('POST', `/operations/${body.id}/cancel`);
    expect(await available()).toEqual({ memory: MEMORY, disk: 100 * 1_024, cpu: 4 });
    expect(await api.rows()).toEqual([]);
  });

  it('places a host where there is room, on a hypervisor that has libvirt and the networks', async () => {
    const api = await DomainsApi.start();
    await api.addHypervisor('host2');
    await api.addHypervisor('host3', {});
    await api.addHypervisor('host4', { libvirt: { available: true, version: null, installable: true } });
    await api.write(
      "DELETE FROM foreign_networks WHERE hypervisor IN (SELECT id FROM hypervisors WHERE name = 'host4')",
    );
    const hosts = [];
    for (const name of ['a', 'b', 'c']) {
      await api.create(name, { memory: 3_000 });
      hosts.push((await api.get(name)).body.hypervisor);
    }
    expect(hosts.toSorted()).toEqual(['host1', 'host2', undefined]);
    expect(await api.create('c', { memory: 3_000 })).toMatchObject({
      status: 422,
      body: {
        errors: [
          { hypervisor: 'host1', detail: 'has 1096 MB of memory available, 3000 MB requested' },
          { hypervisor: 'host2', detail: 'has 1096 MB of memory available, 3000 MB requested' },
          { hypervisor: 'host3', detail: expect.stringContaining('has no libvirt') },
          { hypervisor: 'host4', detail: 'is not in all of lan' },
        ],
      },
    });
    expect((await api.create('c', { memory: 3_000, networks: [] })).status).toBe(202);
    expect((await api.get('c')).body.hypervisor).toBe('host4');
  });
});

describe('a network that hosts are in', () => {
  it('is not deleted: they are named', async () => {
    const api = await DomainsApi.start();
    await api.write(`
      INSERT INTO vlan_networks (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms)
      SELECT 'x', id, 'vlan:10', '{"bridge":"br0","vlan":10}', '{}', 0, 'present', 'active', 0, 0 FROM hypervisors`);
    for (const name of ['b', 'a']) await api.created(name, { networks: ['vlan:10', 'vlan:10'] });
    expect(await api.send('DELETE', '/networks/vlan:10')).toMatchObject({
      status: 409,
      body: { detail: 'Network vlan:10 is used by a, b', errors: [{ parameter: 'name' }, { parameter: 'name' }] },
    });
    await api.send('DELETE', '/hosts/a');
    await api.end();
    await api.send('DELETE', '/hosts/b');
    expect((await api.send('DELETE', '/networks/vlan:10')).status).toBe(409);
    await api.end();
    expect((await api.send('DELETE', '/networks/vlan:10')).status).toBe(202);
    expect((await api.create('c', { networks: ['vlan:10'] })).status).toBe(422);
  });
});

describe('hosts in the fleet', () => {
  it('are guests of their hypervisor, the oldest first, and keep it from being removed', async () => {
    const api = await DomainsApi.start();
    const ids: string[] = [];
    for (const name of ['c', 'a', 'b']) {
      await api.created(name);
      ids.unshift((await api.get(name)).body.id);
      await api.write(`UPDATE domains SET created_ms = ${10 - ids.length} WHERE name = '${name}'`);
    }
    expect((await api.send('GET', '/hypervisors/host1/guests')).body).toEqual(ids);
    const page = await api.send('GET', '/hypervisors/host1/guests?limit=2');
    expect(page.body).toEqual(ids.slice(0, 2));
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '') ?? [];
    expect((await api.send('GET', next ?? '')).body).toEqual(ids.slice(2));
    await api.write('UPDATE hypervisors SET last_seen_ms = 0');
    expect(await api.send('DELETE', '/hypervisors/host1')).toMatchObject({
      status: 409,
      body: { detail: 'The hypervisor is not empty: 3 domains' },
    });
    await api.note(foreignDomainsNote, [other]);
    expect((await api.send('DELETE', '/hypervisors/host1?force=true')).status).toBe(202);
    for (const table of ['domains', 'domain_disks', 'domain_nics', 'foreign_domains', 'reservations']) {
      expect(await api.read(`SELECT * FROM ${table}`)).toEqual([]);
    }
  });

  it('are listed with those that others have made', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.created('c');
    await api.note(foreignDomainsNote, [windows, other]);
    expect((await api.send('GET', '/hosts')).body).toMatchObject([
      { name: windows.name, id: 'u1', state: 'running', memory: 2_048, vcpus: 2, managed: false, disks: null },
      { name: 'a', managed: true },
      { id: 'u2', name: 'b', state: 'shut off', managed: false },
      { name: 'c', managed: true },
    ]);
    expect(await api.read('SELECT domain, managed, memory, power FROM v_domains ORDER BY domain')).toEqual([
      { domain: windows.name, managed: 0, memory: 2_048, power: null },
      { domain: 'a', managed: 1, memory: 512, power: 'running' },
      { domain: 'b', managed: 0, memory: 64, power: null },
      { domain: 'c', managed: 1, memory: 512, power: 'running' },
    ]);
  });

  it('that others have made can be read, and are not changed', async () => {
    const api = await DomainsApi.start();
    await api.note(foreignDomainsNote, [windows, other]);
    for (const name of ['b', encodeURIComponent(windows.name)]) {
      expect((await api.get(name)).body).toMatchObject({ managed: false, hypervisor: 'host1' });
      const refusals = [
        await api.send('DELETE', `/hosts/${name}`),
        await api.send('PATCH', `/hosts/${name}`, { memory: 1 }),
        await api.act(name, 'start'),
      ];
      for (const { status, body } of refusals) {
        expect([status, body.detail]).toEqual([409, expect.stringContaining('was not made by weft')]);
      }
    }
    expect(await api.read('SELECT * FROM operations')).toEqual([]);
  });
});

describe('what an executor sees', () => {
  it('of others is a snapshot, of which only differences are written', async () => {
    const api = await DomainsApi.start();
    expect(await api.note(foreignDomainsNote, [windows, other])).toBe(2);
    expect(await api.note(foreignDomainsNote, [other, windows])).toBe(0);
    expect(await api.note(foreignDomainsNote, [{ ...other, state: 'running' }])).toBe(1);
    expect(await api.read('SELECT name, state FROM foreign_domains')).toEqual([{ name: 'b', state: 'running' }]);
  });

  it('of a host is its state, and what is wanted from now on, told once', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    const { id } = (await api.get('a')).body;
    const off = { id, state: 'shut off', reason: 'shutdown', power: 'shut off', by: 'guest' } as const;
    expect(await api.note(seenDomainsNote, [off])).toBe(1);
    expect(await api.note(seenDomainsNote, [off])).toBe(0);
    expect(await api.rows()).toMatchObject([{ state: 'shut off', power: 'shut off' }]);
    expect(await api.read("SELECT data FROM events WHERE type = 'domain.state'")).toEqual([
      { data: JSON.stringify({ state: 'shut off', reason: 'shutdown', by: 'guest', power: 'shut off' }) },
    ]);
    expect((await api.get('a')).headers.get('etag')).toBe('"1"');
  });

  it('does not count against what was asked for, nor against what could not be done', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    const { id } = (await api.get('a')).body;
    await api.act('a', 'suspend');
    await api.note(seenDomainsNote, [{ id, state: 'shut off', reason: 'shutdown', power: 'shut off' }]);
    expect(await api.rows()).toMatchObject([{ state: 'shut off', power: 'paused' }]);
    await api.end();
    const late = { id, state: 'shut off', reason: 'shutdown', power: 'shut off', generation: 0 } as const;
    await api.note(seenDomainsNote, [late]);
    expect(await api.rows()).toMatchObject([{ power: 'paused' }]);
    await api.note(seenDomainsNote, [{ ...late, generation: 1 }]);
    expect(await api.rows()).toMatchObject([{ power: 'shut off' }]);
    await api.write("UPDATE domains SET state = 'degraded'");
    await api.note(seenDomainsNote, [{ id, state: 'running', reason: null }]);
    expect(await api.rows()).toMatchObject([{ state: 'degraded' }]);
  });
});
