import { expect, it } from 'vitest';
import { foreign, NetworksApi } from '../../../test/support/vlan-networks.ts';
import type { Changed } from '../definition.ts';
import { vlanNetworksDefinition } from './definition.ts';
import { vlanNetworkSubjectOf } from './rows.ts';

async function idle(api: NetworksApi, changed: Changed) {
  const query = vlanNetworksDefinition.loadIdle?.(api.hypervisor, changed);
  if (!query) throw new Error('there is no query');
  return query.result(await api.database.read(query.statements));
}

it('networks that no operation changes are compared with the host: all of them, or those of events', async () => {
  const api = await NetworksApi.start();
  for (const name of ['a', 'b', 'c']) await api.created(name);
  await api.send('DELETE', '/networks/c');
  const [a, , c] = await api.read<{ id: string }>('SELECT id FROM vlan_networks ORDER BY name');
  const names = ({ idle: found }: Awaited<ReturnType<typeof idle>>) => found.map(({ rows }) => rows.name);

  const all = await idle(api, 'all');
  expect([names(all), all.busy]).toEqual([['a', 'b'], []]);
  expect(all.idle[0]).toMatchObject({
    subject: vlanNetworkSubjectOf(api.hypervisor, 'a'),
    generation: 0,
    subjects: [vlanNetworkSubjectOf(api.hypervisor, 'a')],
    eventNames: [a?.id, 'a'],
    rows: { id: a?.id, uuid: a?.id, bridge: 'br0', vlan: 10, state: 'active', autostart: 1, persistent: 1 },
  });
  const changed = await idle(api, [a?.id ?? '', 'a', 'b', 'c', 'unknown']);
  expect([names(changed), changed.busy]).toEqual([['a', 'b'], [c?.id]]);
});

it('what others have made is recorded as a whole, and only what differs is written', async () => {
  const api = await NetworksApi.start();
  const rows = () => api.read('SELECT name, state, autostart, vlan FROM foreign_networks ORDER BY name');
  const changes = () => api.read<{ count: number }>('SELECT count(*) AS count FROM changed');
  await api.see(foreign, { ...foreign, name: 'other' });
  expect(await rows()).toMatchObject([{ name: 'default' }, { name: 'other' }]);

  await api.write('CREATE TABLE changed (name)');
  for (const event of ['INSERT', 'UPDATE', 'DELETE'])
    await api.write(
      `CREATE TRIGGER on_${event} AFTER ${event} ON foreign_networks BEGIN INSERT INTO changed VALUES (1); END`,
    );
  await api.see(foreign, { ...foreign, name: 'other' });
  expect(await changes()).toEqual([{ count: 0 }]);
  await api.see(foreign, { ...foreign, name: 'other', vlan: 7 });
  expect(await changes()).toEqual([{ count: 1 }]);
  await api.see({ ...foreign, state: 'inactive', autostart: true });
  expect(await rows()).toEqual([{ name: 'default', state: 'inactive', autostart: 1, vlan: null }]);
  await api.see();
  expect(await rows()).toEqual([]);
});

it('those of one hypervisor say nothing about another', async () => {
  const api = await NetworksApi.start();
  const other = await api.addHypervisor('host2');
  await api.see(foreign);
  await api.write(
    `INSERT INTO foreign_networks SELECT '${other}', name, uuid, state, 0, 0, NULL, NULL FROM foreign_networks`,
  );
  await api.see();
  expect(await api.read('SELECT hypervisor FROM foreign_networks')).toEqual([{ hypervisor: other }]);
});

it('v_vlan_networks shows all of them', async () => {
  const api = await NetworksApi.start();
  await api.created('a');
  await api.see(foreign, { ...foreign, name: 'a' });
  const columns = 'hypervisor, network, managed, bridge, vlan, desired, state, autostart, persistent, error';
  expect(await api.read(`SELECT ${columns} FROM v_vlan_networks ORDER BY network`)).toEqual([
    {
      ...{ hypervisor: 'host1', network: 'a', managed: 1, bridge: 'br0', vlan: 10, desired: 'present' },
      ...{ state: 'active', autostart: 1, persistent: 1, error: null },
    },
    {
      ...{ hypervisor: 'host1', network: 'default', managed: 0, bridge: 'virbr0', vlan: null, desired: null },
      ...{ state: 'active', autostart: 0, persistent: 1, error: null },
    },
  ]);
  const [{ since } = { since: '' }] = await api.read<{ since: string }>(
    'SELECT state_since || created AS since FROM v_vlan_networks WHERE managed',
  );
  expect(since).toMatch(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z){2}$/);
});
