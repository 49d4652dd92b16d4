import { describe, expect, it } from 'vitest';
import { cancelled, failed, foreign, NetworksApi } from '../../../test/support/vlan-networks.ts';

const is = (state: string, more = {}) => ({
  ...{ name: 'a', vlan: 10, applied: 10, desired: 'present', state, error: null },
  ...more,
});

const remove = (api: NetworksApi) => api.send('DELETE', '/networks/a');

describe('a creation', () => {
  it('records what is on the host', async () => {
    const api = await NetworksApi.start();
    await api.post('a');
    expect(await api.rows()).toEqual([is('pending', { applied: null })]);
    await api.end();
    expect(await api.rows()).toEqual([is('active')]);
    expect(await api.read('SELECT id = uuid AS own, autostart, persistent FROM vlan_networks')).toEqual([
      { own: 1, autostart: 1, persistent: 1 },
    ]);
  });

  it.each([failed, cancelled])('that has not succeeded leaves no row: %j', async (ending) => {
    const api = await NetworksApi.start();
    await api.post('a');
    await api.end(ending);
    expect(await api.rows()).toEqual([]);
  });

  it('after a deletion that has not ended follows in the order, with the same UUID', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    expect((await api.post('a', { bridge: 'br0', vlan: 20 })).status).toBe(202);
    expect(await api.rows()).toEqual([is('active', { vlan: 20 })]);
    await api.end();
    expect(await api.rows()).toEqual([is('pending', { vlan: 20, applied: null })]);
    const [before] = await api.read('SELECT id FROM vlan_networks');
    await api.end();
    expect(await api.rows()).toEqual([is('active', { vlan: 20, applied: 20 })]);
    expect(await api.read('SELECT id FROM vlan_networks')).toEqual([before]);
  });

  it('that is cancelled before such a deletion has ended takes back its own wish alone', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    const { body } = await api.post('a', { bridge: 'br0', vlan: 20 });
    expect((await api.send('POST', `/operations/${body.id}/cancel`)).status).toBe(200);
    expect(await api.rows()).toEqual([is('active', { desired: 'absent' })]);
    await api.end();
    expect(await api.rows()).toEqual([]);
  });
});

describe('a deletion', () => {
  it('leaves no row', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('that is cancelled keeps the network', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    await api.end(cancelled);
    expect(await api.rows()).toEqual([is('active')]);
  });

  it('that fails is shown, and repaired', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    await api.end(failed);
    expect(await api.rows()).toEqual([is('degraded', { desired: 'absent', error: 'no bridge br0' })]);
    await api.repair('a');
    await api.end();
    expect(await api.rows()).toEqual([]);
  });

  it('whose repair finds the network still there keeps the row', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    await api.end(failed);
    await api.repair('a');
    await api.end(undefined, { uuid: foreign.uuid, state: 'inactive', autostart: true, persistent: true });
    expect(await api.rows()).toEqual([is('inactive', { desired: 'absent' })]);
  });

  it('that is asked for twice removes the row with the second', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await remove(api);
    await remove(api);
    await api.end();
    expect(await api.rows()).toEqual([is('pending', { applied: null, desired: 'absent' })]);
    await api.end();
    expect(await api.rows()).toEqual([]);
  });
});

describe('a repair', () => {
  it('records what it has found', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    await api.repair('a');
    await api.end(undefined, null);
    expect(await api.rows()).toEqual([is('missing')]);
    await api.repair('a');
    await api.end(undefined, { uuid: foreign.uuid, state: 'inactive', autostart: false, persistent: true });
    expect(await api.rows()).toEqual([is('inactive')]);
    expect(await api.read('SELECT uuid, autostart FROM vlan_networks')).toEqual([{ uuid: foreign.uuid, autostart: 0 }]);
  });

  it('that fails again and again is shown', async () => {
    const api = await NetworksApi.start();
    await api.created('a');
    for (let failures = 1; failures <= 5; failures += 1) {
      expect(await api.rows()).toMatchObject([{ state: 'active' }]);
      await api.repair('a');
      await api.end(failed);
    }
    expect(await api.rows()).toEqual([is('degraded', { error: 'no bridge br0' })]);
    await api.repair('a');
    await api.end();
    expect(await api.rows()).toEqual([is('active')]);
  });
});
