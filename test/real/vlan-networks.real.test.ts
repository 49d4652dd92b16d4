import { describe, expect, it } from 'vitest';
import { clean } from '../support/clean.ts';
import type { Instance } from '../support/instance.ts';
import type { LocalWeft } from '../support/local-weft.ts';
import { addBridge, NetworkHost } from '../support/network-host.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

const host = shared(() => NetworkHost.start());

/** Only events, and only scans. */
const eventsAlone = { scan: 3_600_000 };
const often = { scan: 100 };

const prefer = { prefer: 'wait=60' };
const post = (weft: Instance, name: string, body: object = { bridge: 'br0', vlan: 10 }) =>
  weft.request('POST', `/networks/${name}`, body, prefer);
const remove = (weft: Instance, name: string) => weft.request('DELETE', `/networks/${name}`, undefined, prefer);
const get = async (weft: Instance, name: string) => (await weft.request('GET', `/networks/${name}`)).body;
const listed = async (weft: Instance) =>
  (await weft.request<{ name: string; managed: boolean; state: string }[]>('GET', '/networks')).body;

const made = { state: 'active', autostart: 'yes', persistent: 'yes', managed: true, hypervisor: 'host1', error: null };

async function repairs(weft: LocalWeft): Promise<number> {
  const ended = "SELECT 1 FROM operations WHERE kind = 'vlan_network.repair' AND status = 'succeeded'";
  return (await weft.sql(ended)).length;
}

const NAT = `<network><name>nat</name><forward mode='nat'/><bridge name='virbr7'/>
  <ip address='192.0.2.1' netmask='255.255.255.0'/></network>`;
const isolated = (name: string) => `<network><name>${name}</name></network>`;

describe('a network', () => {
  it('is what virsh shows, and is gone when it is deleted', async () => {
    const weft = await host().weft();
    expect(await post(weft, 'vlan:292', { bridge: 'br1', vlan: 292 })).toMatchObject({
      status: 200,
      body: { name: 'vlan:292', bridge: 'br1', vlan: 292, ...made },
    });
    expect(await host().networks()).toEqual([['vlan:292', 'active', 'yes', 'yes']]);
    const xml = await host().virsh('net-dumpxml', 'vlan:292');
    const [row] = await weft.sql<{ id: string; database: string; hypervisor: string }>(
      'SELECT n.id, d.id AS database, n.hypervisor FROM vlan_networks n, database d',
    );
    for (const part of [
      "<forward mode='bridge'/>",
      "<bridge name='br1'/>",
      "<virtualport type='openvswitch'/>",
      "<tag id='292'/>",
      `<uuid>${row?.id}</uuid>`,
      `owner="weft:${row?.database}/hypervisors/${row?.hypervisor}/networks/vlan:292"`,
    ])
      expect(xml.replaceAll(/'([^']*weft:[^']*)'/g, '"$1"')).toContain(part);
    expect(await weft.sql('SELECT uuid FROM vlan_networks')).toEqual([{ uuid: row?.id }]);

    expect(await remove(weft, 'vlan:292')).toMatchObject({ status: 200, body: { name: 'vlan:292', ...made } });
    expect(await host().networks()).toEqual([]);
    expect((await weft.request('GET', '/networks/vlan:292')).status).toBe(404);
    expect(await weft.sql('SELECT * FROM vlan_networks')).toEqual([]);
  });

  it('needs a bridge of Open vSwitch, and leaves nothing without one', async () => {
    const weft = await host().weft();
    expect(await post(weft, 'a', { bridge: 'br9', vlan: 10 })).toMatchObject({
      status: 422,
      body: { code: 'impossible', step: 'network.define', detail: 'Open vSwitch has no bridge br9' },
    });
    expect(await host().networks()).toEqual([]);
    expect(await listed(weft)).toEqual([]);
    addBridge(host().ovs, 'br9');
    expect((await post(weft, 'a', { bridge: 'br9', vlan: 10 })).status).toBe(200);
    host().ovs.vsctl('del-br', 'br9');
    expect((await remove(weft, 'a')).status).toBe(200);
  });

  it('of a name that somebody else has taken is a 409 that names it, also before that was seen', async () => {
    const weft = await host().weft(eventsAlone);
    await weft.stop();
    await host().define(isolated('theirs'));
    const uuid = (await host().virsh('net-uuid', 'theirs')).trim();
    await weft.restart();
    await until('it is listed', async () => (await listed(weft)).length === 1);
    expect(await post(weft, 'theirs')).toMatchObject({
      status: 409,
      body: { code: 'exists', detail: 'Network theirs of host1 was not made by weft' },
    });
    // As when it has just been made: the executor finds it.
    await weft.sql('DELETE FROM foreign_networks');
    expect(await post(weft, 'theirs')).toMatchObject({
      status: 409,
      body: {
        ...{ code: 'conflict', step: 'network.define' },
        detail: `Network theirs of libvirt already exists and was not made by weft: ${uuid}`,
      },
    });
    expect(await host().virsh('net-dumpxml', 'theirs')).not.toContain('weft');
  });

  it('is created beside twenty others at once', async () => {
    const weft = await host().weft();
    const names = Array.from({ length: 20 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const answers = await Promise.all(names.map((name, index) => post(weft, name, { bridge: 'br0', vlan: index + 1 })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    expect(await host().networks()).toEqual(names.map((name) => [name, 'active', 'yes', 'yes']));
    await Promise.all(names.map((name) => remove(weft, name)));
    expect(await host().networks()).toEqual([]);
  });
});

describe('the networks of others', () => {
  it('are listed as virsh shows them, as they change, and are left alone', async () => {
    const weft = await host().weft(eventsAlone);
    await post(weft, 'ours');
    await host().define(NAT);
    await until('it is listed', async () => (await listed(weft)).length === 2);
    expect(await get(weft, 'nat')).toMatchObject({
      ...{ name: 'nat', state: 'inactive', autostart: 'no', persistent: 'yes', bridge: 'virbr7', vlan: null },
      managed: false,
    });
    expect(await remove(weft, 'nat')).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await weft.request('POST', '/hypervisors/host1/resync', undefined, prefer);
    expect(await host().networks()).toEqual([
      ['nat', 'inactive', 'no', 'yes'],
      ['ours', 'active', 'yes', 'yes'],
    ]);
    await host().virsh('net-undefine', 'nat');
    await until('it is not listed any more', async () => (await listed(weft)).length === 1);
  });

  it('are seen at the start, and what changes without an event by the next scan', async () => {
    await host().define(isolated('theirs'));
    const weft = await host().weft(often);
    await until('it is listed', async () => (await listed(weft)).length === 1);
    await host().virsh('net-autostart', 'theirs');
    await until('it is autostarted', async () => (await get(weft, 'theirs')).autostart === 'yes');
  });
});

describe('a change by hand', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a destroyed network', () => host().virsh('net-destroy', 'a')],
    ['an undefined one, which is still active', () => host().virsh('net-undefine', 'a')],
    ['another tag', () => host().redefine('a', (xml) => xml.replace("tag id='10'", "tag id='11'"))],
    ['another bridge', () => host().redefine('a', (xml) => xml.replace('br0', 'br1'))],
    ['no label', () => host().redefine('a', (xml) => xml.replace(/<metadata>.*<\/metadata>/s, ''))],
  ])('is repaired after its event: %s', async (_words, change) => {
    const weft = await host().weft(eventsAlone);
    await post(weft, 'a');
    const before = await host().virsh('net-dumpxml', 'a');
    await change();
    await until('it is repaired', async () => (await repairs(weft)) > 0);
    expect(await host().virsh('net-dumpxml', 'a')).toBe(before);
    expect(await host().virsh('net-dumpxml', '--inactive', 'a')).toBe(before);
    expect(await host().networks()).toEqual([['a', 'active', 'yes', 'yes']]);
    await until('it is shown', async () => (await get(weft, 'a')).state === 'active');
    expect(await get(weft, 'a')).toMatchObject(made);
    expect((await remove(weft, 'a')).status).toBe(200);
    expect(await host().networks()).toEqual([]);
  });

  it('of the autostart, which has no event, is repaired by a scan', async () => {
    const weft = await host().weft(often);
    await post(weft, 'a');
    await host().virsh('net-autostart', '--disable', 'a');
    await until('it is repaired', async () => (await repairs(weft)) > 0);
    expect(await host().networks()).toEqual([['a', 'active', 'yes', 'yes']]);
  });

  it('that was made while the executor was away is repaired at its start', async () => {
    const weft = await host().weft(eventsAlone);
    await post(weft, 'a');
    await weft.stop();
    await host().virsh('net-destroy', 'a');
    await host().virsh('net-undefine', 'a');
    await weft.restart();
    await until('it is back', async () => (await repairs(weft)) > 0);
    expect(await host().networks()).toEqual([['a', 'active', 'yes', 'yes']]);
  });
});

describe('while libvirt is away', () => {
  it('operations wait, the list stays and says unknown, and nothing is judged missing', async () => {
    const own = await NetworkHost.start();
    const weft = await own.weft(often);
    await post(weft, 'a');
    await own.libvirt.kill();
    await until('its state is unknown', async () => (await get(weft, 'a')).state === 'unknown');
    const waiting = post(weft, 'b', { bridge: 'br0', vlan: 20 });
    const removing = remove(weft, 'a');
    await until('they are recorded', async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 2);
    expect((await listed(weft)).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await repairs(weft)).toBe(0);
    await own.libvirt.start();
    expect((await waiting).status).toBe(200);
    expect((await removing).status).toBe(200);
    expect(await own.networks()).toEqual([['b', 'active', 'yes', 'yes']]);
    expect(await weft.sql("SELECT DISTINCT status FROM operations WHERE kind LIKE 'vlan%'")).toEqual([
      { status: 'succeeded' },
    ]);
    expect(await repairs(weft)).toBe(0);
  });

  it('a network is created by the same operation when it is back, wherever it was killed', async () => {
    const own = await NetworkHost.start();
    const weft = await own.weft();
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
      const created = post(weft, name, { bridge: 'br0', vlan: index + 1 });
      await until('it has begun', async () => (await weft.sql('SELECT 1 FROM vlan_networks')).length > index);
      await own.libvirt.kill();
      await own.libvirt.start();
      expect((await created).status).toBe(200);
    }
    expect((await own.networks()).map((each) => each.slice(1))).toEqual(Array(4).fill(['active', 'yes', 'yes']));
  });
});

describe('while Open vSwitch is away', () => {
  it('a network waits for it; those that are there are repaired and deleted', async () => {
    const own = await NetworkHost.start();
    const weft = await own.weft(often);
    await post(weft, 'a');
    await own.ovs.killDatabase();
    await until('it is away', async () => {
      const { body } = await weft.request<{ capabilities: { ovs: { available: boolean } } }>(
        'GET',
        '/hypervisors/host1',
      );
      return !body.capabilities.ovs.available;
    });
    await own.virsh('net-destroy', 'a');
    await until('it is repaired', async () => (await repairs(weft)) > 0);
    const waiting = post(weft, 'b', { bridge: 'br0', vlan: 20 });
    const reason =
      "SELECT 1 FROM operations WHERE kind = 'vlan_network.create' AND status = 'pending' AND error IS NOT NULL";
    await until('it waits', async () => (await weft.sql(reason)).length > 0);
    expect((await remove(weft, 'a')).status).toBe(200);
    await own.ovs.startDatabase();
    expect((await waiting).status).toBe(200);
  });
});

describe('npm run clean', () => {
  it('removes the networks of this database, and says when it cannot look for them', async () => {
    const weft = await host().weft();
    await post(weft, 'a');
    await host().define(isolated('theirs'));
    await weft.stop();
    expect(clean(weft, { environment: host().environment }).output).toMatch(/^network +a +weft:\S+\ntook away 1\n$/m);
    expect(await host().networks()).toEqual([['theirs', 'inactive', 'no', 'yes']]);
    const away = { ...host().environment, WEFT_LIBVIRT_URI: 'qemu+unix:///system?socket=/run/nowhere' };
    const cleaned = clean(weft, { environment: away });
    expect(cleaned.output).toMatch(/^nothing on this host/);
    expect(cleaned.errors).toMatch(/^weft: not looked for: networks of libvirt: /);
  });
});
