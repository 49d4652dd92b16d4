import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { networkBodySchema } from '../../../schema/api/compute/networks.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { until } from '../../../test/support/until.ts';
import { failed, foreign, NetworksApi } from '../../../test/support/vlan-networks.ts';

const body = { bridge: 'br0', vlan: 10 };
const active = { name: 'a', state: 'active', autostart: 'yes', persistent: 'yes', ...body };

describe('POST /networks/{name}', () => {
  it.each([
    [{}, '/bridge', 'is missing'],
    [{ bridge: 'br0' }, '/vlan', 'is missing'],
    [{ ...body, bridge: 7 }, '/bridge', 'must be a string'],
    [{ ...body, bridge: '' }, '/bridge', 'must be 1 to 15 letters'],
    [{ ...body, bridge: 'a'.repeat(16) }, '/bridge', 'must be 1 to 15 letters'],
    [{ ...body, bridge: 'br0/../x' }, '/bridge', 'must be 1 to 15 letters'],
    [{ ...body, bridge: 'br0"' }, '/bridge', 'must be 1 to 15 letters'],
    [{ ...body, vlan: '10' }, '/vlan', 'must be a whole number from 1 to 4094'],
    [{ ...body, vlan: 0 }, '/vlan', 'must be a whole number from 1 to 4094'],
    [{ ...body, vlan: 4095 }, '/vlan', 'must be a whole number from 1 to 4094'],
    [{ ...body, vlan: 1.5 }, '/vlan', 'must be a whole number from 1 to 4094'],
    [[], '/vlan', 'is missing'],
    ['null', '', 'must be an object'],
    ['{', '', 'is not JSON'],
  ])('refuses %j and says which member is wrong', async (request, pointer, words) => {
    const api = await NetworksApi.start();
    const before = await rowCounts(api.database);
    expect(await api.post('a', request)).toMatchObject({
      status: 400,
      body: { errors: expect.arrayContaining([{ pointer, detail: expect.stringContaining(words) }]) },
    });
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it.each(['a b', 'a%2Fb', '%3Cx%3E', 'ä', 'x'.repeat(64)])('refuses the name %s', async (name) => {
    const api = await NetworksApi.start();
    const before = await rowCounts(api.database);
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(await api.send(method, `/networks/${name}`, method === 'POST' ? body : undefined)).toMatchObject({
        status: 400,
        body: { errors: [{ parameter: 'name', detail: expect.stringContaining('must be 1 to 63 letters') }] },
      });
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it('ignores members that it does not know, and names them', async () => {
    const api = await NetworksApi.start();
    const answer = await api.ask('POST', '/networks/a', { ...body, mode: 'nat' }, { prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('warning')).toContain('/mode');
  });

  it('answers the network as libvirt has it', async () => {
    const api = await NetworksApi.start();
    const waiting = api.ask('POST', '/networks/a/', body, { prefer: 'wait=10' });
    await until('the request is recorded', async () => (await api.rows()).length > 0);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ state: 'defining', autostart: 'no' });
    await api.end();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(v.parse(v.strictObject(networkBodySchema.entries), await answer.json())).toEqual({
      ...active,
      ...{ hypervisor: 'host1', managed: true, error: null },
    });
  });

  it('gives the executor the UUID, the bridge and the tag', async () => {
    const api = await NetworksApi.start();
    await api.post('vlan:292', { bridge: 'ovs.1', vlan: 292 });
    const { operation, row, name } = await api.next();
    expect(operation).toMatchObject({
      kind: 'vlan_network.create',
      resource: `hypervisors/${api.hypervisor}/networks/vlan:292`,
    });
    expect(name).toBe('vlan:292');
    expect(row).toMatchObject({ bridge: 'ovs.1', vlan: 292, desired: 'present', uuid: null });
    expect(row?.id).toMatch(/^[0-9a-f]{8}-/);
  });

  it('is a 409 for a network that exists', async () => {
    const api = await NetworksApi.start();
    await api.post('a');
    const exists = { status: 409, body: { code: 'exists', detail: 'Network a exists' } };
    expect(await api.post('a')).toMatchObject(exists);
    await api.end();
    expect(await api.post('a', { bridge: 'br1', vlan: 2 })).toMatchObject(exists);
    expect(await api.rows()).toMatchObject([{ name: 'a', vlan: 10 }]);
  });

  it('is a 409 for a network that somebody else made', async () => {
    const api = await NetworksApi.start();
    await api.see(foreign);
    expect(await api.post('default')).toMatchObject({
      status: 409,
      body: { code: 'exists', detail: 'Network default of host1 was not made by weft' },
    });
    expect(await api.rows()).toEqual([]);
  });

  it.each([
    ['{}', 'libvirt: its executor has not reported it yet; ovs: its executor has not reported it yet'],
    ['{"libvirt":{"available":true},"ovs":{"available":false,"reason":"no ovs"}}', 'has no VLAN networks: ovs: no ovs'],
    ['{"libvirt":{"available":false,"reason":"no QEMU"},"ovs":{"available":true}}', 'libvirt: no QEMU'],
  ])('is a 422 on a host with the technologies %s', async (capabilities, words) => {
    const api = await NetworksApi.start({}, capabilities);
    expect(await api.post('a')).toMatchObject({ status: 422, body: { detail: expect.stringContaining(words) } });
    expect(await api.rows()).toEqual([]);
  });

  it.each([
    '{"libvirt":{"available":true,"installable":true},"ovs":{"available":true,"installable":true}}',
    '{"libvirt":{"available":false,"away":true,"reason":"it restarts"},"ovs":{"available":true}}',
  ])('is accepted on a host with the technologies %s', async (capabilities) => {
    const api = await NetworksApi.start({}, capabilities);
    expect((await api.post('a')).status).toBe(202);
  });

  it('answers what the host said when it cannot be made, and leaves nothing', async () => {
    const api = await NetworksApi.start();
    const answer = await api.sendAndEnd('POST', '/networks/a', body, failed);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail: 'no bridge br0' });
    expect(await api.rows()).toEqual([]);
    expect((await api.send('GET', '/networks/a')).status).toBe(404);
    expect((await api.post('a')).status).toBe(202);
  });

  it('is served below a host, which need not exist', async () => {
    const api = await NetworksApi.start();
    expect((await api.send('POST', '/hosts/ns.example.com/networks/managment-network', body)).status).toBe(202);
    expect(await api.rows()).toMatchObject([{ name: 'managment-network', vlan: 10 }]);
    for (const host of ['NS', '-a', 'a..b', 'a_b', `${'a'.repeat(64)}.b`, `${'a.'.repeat(126)}ab`])
      expect(await api.send('POST', `/hosts/${host}/networks/b`, body)).toMatchObject({
        status: 400,
        body: { errors: [{ parameter: 'hostname' }] },
      });
    expect((await api.send('GET', '/hosts/ns.example.com/networks/managment-network')).status).toBe(405);
  });
});

describe('with two hypervisors', () => {
  it('a new network is on one that has libvirt and Open vSwitch', async () => {
    const api = await NetworksApi.start({}, '{"libvirt":{"available":true}}');
    await api.addHypervisor('host2');
    await api.addHypervisor('host3', '{}');
    expect((await api.post('a')).body).toMatchObject({ hypervisor: 'host2' });
    expect((await api.post('a')).status).toBe(409);
    await api.write("UPDATE hypervisors SET last_seen_ms = 0 WHERE name = 'host2'");
    expect(await api.post('b')).toMatchObject({
      status: 422,
      body: {
        errors: [
          { hypervisor: 'host1', detail: 'has no ovs: its executor has not reported its capabilities yet' },
          { hypervisor: 'host2', detail: expect.stringContaining('was last seen') },
          { hypervisor: 'host3', detail: 'has no libvirt: its executor has not reported its capabilities yet' },
        ],
      },
    });
  });

  it('a name that one of them has is a 409, whichever has the most memory', async () => {
    const api = await NetworksApi.start();
    await api.addHypervisor('host2');
    await api.write("UPDATE hypervisors SET total_memory = 1000 WHERE name = 'host1'");
    expect((await api.send('POST', '/hypervisors/host2/networks/a', body)).body).toMatchObject({ hypervisor: 'host2' });
    expect(await api.post('a')).toMatchObject({ status: 409, body: { code: 'exists' } });
    expect((await api.post('b')).body).toMatchObject({ hypervisor: 'host1' });
  });

  it('a name that both have needs the hypervisor in front of the path', async () => {
    const api = await NetworksApi.start();
    await api.addHypervisor('host2');
    await api.send('POST', '/hypervisors/host2/networks/default', body);
    await api.see(foreign);
    for (const method of ['GET', 'DELETE'])
      expect(await api.send(method, '/networks/default')).toMatchObject({
        status: 409,
        body: { errors: [{ hypervisor: 'host2' }, { hypervisor: 'host1' }] },
      });
    const of = async (host: string) => (await api.send('GET', `/hypervisors/${host}/networks/default`)).body;
    expect(await of('host1')).toMatchObject({ managed: false, hypervisor: 'host1' });
    expect(await of('host2')).toMatchObject({ managed: true, hypervisor: 'host2' });
    expect((await api.send('GET', '/hypervisors/host3/networks/default')).status).toBe(400);
    expect((await api.send('GET', '/hypervisors/host3/networks')).status).toBe(400);
  });
});

describe('GET /networks', () => {
  it('lists all of them by name, with those that others have made', async () => {
    const api = await NetworksApi.start();
    await api.created('e');
    await api.created('a');
    await api.see(foreign, { ...foreign, name: 'tagged', state: 'inactive', autostart: true, bridge: 'br1', vlan: 7 });
    const theirs = { hypervisor: 'host1', managed: false, error: null };
    for (const path of ['/networks', '/hypervisors/host1/networks'])
      expect((await api.send('GET', path)).body).toEqual([
        { ...active, hypervisor: 'host1', managed: true, error: null },
        {
          ...theirs,
          name: 'default',
          state: 'active',
          autostart: 'no',
          persistent: 'yes',
          bridge: 'virbr0',
          vlan: null,
        },
        { ...active, name: 'e', hypervisor: 'host1', managed: true, error: null },
        { ...theirs, name: 'tagged', state: 'inactive', autostart: 'yes', persistent: 'yes', bridge: 'br1', vlan: 7 },
      ]);
    expect((await api.send('GET', '/networks/default')).body).toMatchObject({ name: 'default', managed: false });
  });

  it('shows a name once that somebody else has taken from weft', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await api.see({ ...foreign, name: 'a' });
    expect((await api.send('GET', '/networks')).body).toMatchObject([{ name: 'a', managed: true }]);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ name: 'a', managed: true });
  });

  it('stays while libvirt is away, and says that states are unknown', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await api.post('b');
    await api.see(foreign);
    await api.write(
      `UPDATE hypervisors SET capabilities = '{"libvirt":{"available":false,"away":true,"reason":"x"},"ovs":{"available":true}}'`,
    );
    expect((await api.send('GET', '/networks')).body).toMatchObject([
      { name: 'a', state: 'unknown', autostart: 'yes' },
      { name: 'b', state: 'defining' },
      { name: 'default', state: 'unknown' },
    ]);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ state: 'unknown' });
    expect((await api.post('c')).status).toBe(202);
  });
});

describe('DELETE /networks/{name}', () => {
  it('answers the network as it was', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    const waiting = api.ask('DELETE', '/networks/a', undefined, { prefer: 'wait=10' });
    await until('the request is recorded', async () => (await api.next().catch(() => undefined)) !== undefined);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ state: 'deleting' });
    await api.end();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ...active, managed: true });
    expect(await api.rows()).toEqual([]);
    expect(await api.send('DELETE', '/networks/a')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('leaves a network alone that somebody else made', async () => {
    const api = await NetworksApi.start();
    await api.see(foreign);
    const before = await rowCounts(api.database);
    expect(await api.send('DELETE', '/networks/default')).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: 'Network default of host1 was not made by weft' },
    });
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it('that has failed shows why, and can be asked for again', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await api.send('DELETE', '/networks/a');
    await api.end(failed);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ state: 'degraded', error: 'no bridge br0' });
    expect((await api.send('DELETE', '/networks/a')).status).toBe(202);
    expect((await api.send('GET', '/networks/a')).body).toMatchObject({ state: 'deleting' });
    await api.end();
    expect(await api.rows()).toEqual([]);
  });
});

it('a hypervisor with networks is not removed, and without them with all that was seen on it', async () => {
  const api = await NetworksApi.start();
  await api.created('a');
  await api.see(foreign);
  await api.write('UPDATE hypervisors SET last_seen_ms = 0');
  expect(await api.send('DELETE', '/hypervisors/host1')).toMatchObject({
    status: 409,
    body: { detail: 'The hypervisor is not empty: 1 network' },
  });
  expect((await api.ask('DELETE', '/hypervisors/host1?force=true')).status).toBe(200);
  expect(await api.read('SELECT name FROM vlan_networks UNION ALL SELECT name FROM foreign_networks')).toEqual([]);
});
