import { describe, expect, it } from 'vitest';
import type { StandIn } from '../stand-ins/spp/process.ts';
import type { Instance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { anNfv, aPanel, aPrimary, ask, aVf, connected } from '../support/panel.ts';
import { until } from '../support/until.ts';

/** The commands that a process received, without queries, from its nth command on. */
function told({ commands }: StandIn, from = 0): string[] {
  return commands.slice(from).filter((each) => each !== 'status' && each !== '_get_client_id');
}

async function set(weft: Instance, requests: readonly (readonly [string, string, unknown?])[]): Promise<void> {
  for (const [method, path, body] of requests) {
    expect({ path, body, ...(await ask(weft, method, path, body)) }).toMatchObject({ path, body, status: 204 });
  }
}

const vfRequests = [
  ['POST', '/v1/vfs/1/components', { name: 'cls', core: 2, type: 'classifier_mac' }],
  ['POST', '/v1/vfs/1/components', { name: 'fwd', core: 3, type: 'forward' }],
  ['PUT', '/v1/vfs/1/components/cls/ports', { action: 'attach', port: 'phy:0', dir: 'rx' }],
  ['PUT', '/v1/vfs/1/components/cls/ports', { action: 'attach', port: 'ring:2', dir: 'tx' }],
  ['PUT', '/v1/vfs/1/components/fwd/ports', { action: 'attach', port: 'ring:2', dir: 'rx' }],
  [
    'PUT',
    '/v1/vfs/1/components/fwd/ports',
    { action: 'attach', port: 'vhost:0', dir: 'tx', vlan: { operation: 'add', id: 7, pcp: 1 } },
  ],
  [
    'PUT',
    '/v1/vfs/1/classifier_table',
    { action: 'add', type: 'mac', mac_address: 'FA:16:3E:7D:CC:35', port: 'ring:2' },
  ],
] as const;

const nfvRequests = [
  ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0' }],
  ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:1' }],
  ['PUT', '/v1/nfvs/2/patches', { src: 'ring:0', dst: 'ring:1' }],
  ['PUT', '/v1/nfvs/2/forward', { action: 'start' }],
] as const;

describe('the configuration of a process that is restarted', () => {
  it.each(['seed-18.05', '2020'] as const)('is replayed, in the order that %s requires', async (era) => {
    const { weft, vf, nfv } = await aPanel(era);
    await set(weft, [...vfRequests, ...nfvRequests]);
    const bodies = async () => [
      (await ask(weft, 'GET', '/v1/vfs/1')).text,
      (await ask(weft, 'GET', '/v1/nfvs/2')).text,
    ];
    const before = await bodies();
    const [vfFrom, nfvFrom] = [vf.commands.length, nfv.commands.length];
    await Promise.all([vf.restart(), nfv.restart()]);
    // The answer to a GET is not sufficient at first: weft may not have noticed that they disconnected.
    const replays = () => weft.sql("SELECT kind, status FROM operations WHERE kind = 'spp.replay'");
    await until('both were set again', async () => JSON.stringify(await replays()).split('succeeded').length === 3);
    expect(await bodies()).toEqual(before);
    const kinds = told(vf, vfFrom).map((each) => each.split(' ')[0]);
    expect(kinds).toEqual(['component', 'component', 'port', 'port', 'port', 'port', 'classifier_table']);
    const separator = era === '2020' ? ':' : ' ';
    expect(told(nfv, nfvFrom)).toEqual([
      `add ring${separator}0`,
      `add ring${separator}1`,
      'patch ring:0 ring:1',
      'forward',
    ]);
    expect(await replays()).toEqual([
      { kind: 'spp.replay', status: 'succeeded' },
      { kind: 'spp.replay', status: 'succeeded' },
    ]);
  });

  it('is not replayed if it was removed, or if replay is off', async () => {
    const weft = await LocalWeft.start();
    const [vf, nfv] = [aVf('2020'), anNfv('2020')];
    await connected(weft, 2);
    await set(weft, [...vfRequests, ...nfvRequests]);
    await set(weft, [
      ['DELETE', '/v1/vfs/1/components/cls'],
      ['PUT', '/v1/vfs/1/components/fwd/ports', { action: 'detach', port: 'vhost:0', dir: 'tx' }],
      ['PUT', '/v1/nfvs/2/forward', { action: 'stop' }],
      ['DELETE', '/v1/nfvs/2/patches'],
      ['PUT', '/v1/nfvs/2/ports', { action: 'del', port: 'ring:1' }],
    ]);
    const from = nfv.commands.length;
    const vfFrom = vf.commands.length;
    await Promise.all([vf.restart(), nfv.restart()]);
    await until('the rest is there', () => told(vf, vfFrom).length === 2 && told(nfv, from).length === 1);
    expect(told(vf, vfFrom)).toEqual(['component start fwd 3 forward', 'port add ring:2 rx fwd']);
    expect(told(nfv, from)).toEqual(['add ring:0']);

    await weft.stop();
    await weft.restart({ WEFT_SPP_REPLAY: 'off', WEFT_SCAN_SECONDS: '1' });
    const later = vf.commands.length;
    await vf.restart();
    await connected(weft, 2);
    await scanned(weft, 2);
    expect(told(vf, later)).toEqual([]);
  });

  it('that is refused in the replay is reported, item by item, and not tried again', async () => {
    const weft = await LocalWeft.start({ times: { scan: 100 } });
    const vf = aVf('2020');
    await connected(weft, 1);
    await set(weft, vfRequests);
    await vf.close();
    // It returns with fewer cores: there is none for the second component.
    const smaller = aVf('2020', 1, { cores: [2] });
    await until('it was refused', async () => (await refused(weft)).length === 2);
    expect(await refused(weft)).toEqual([
      { what: 'fwd', error: expect.stringMatching(/./) },
      { what: 'ring:2 rx', error: expect.stringMatching(/component name/) },
    ]);
    const from = smaller.commands.length;
    await scanned(weft, 2);
    expect(told(smaller, from)).toEqual([]);
    expect((await ask(weft, 'GET', '/v1/vfs/1')).text).toContain('"cls"');
  });
});

/** The refused items; a vhost without a component is among the ports. */
async function refused(weft: Instance): Promise<unknown[]> {
  return weft.sql(`
    SELECT component AS what, error FROM v_spp_components WHERE state = 'refused'
    UNION ALL SELECT port || ' ' || direction, error FROM v_spp_ports WHERE state = 'refused' AND port <> 'vhost:0'`);
}

async function scanned(weft: Instance, times: number): Promise<void> {
  const at = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
  for (let scan = 0; scan < times; scan += 1) {
    const last = await at();
    await until('there was one more scan', async () => (await at()) > last);
  }
}

describe('a manual configuration', () => {
  it('is shown and left alone, also after a restart of weft, and nothing that exists is sent again', async () => {
    const { weft, vf, nfv, primary } = await aPanel('2020');
    await set(weft, [...vfRequests, ...nfvRequests]);
    // Simulates a manual configuration, which the database does not have.
    await weft.sql("DELETE FROM spp_items WHERE name = 'cls' OR spec ->> '$.component' = 'cls' OR kind = 'classifier'");
    const before = [await ask(weft, 'GET', '/v1/vfs/1'), await ask(weft, 'GET', '/v1/nfvs/2')];
    const from = [vf, nfv, primary].map(({ commands }) => commands.length);
    await weft.stop();
    await weft.restart({ WEFT_SCAN_SECONDS: '1' });
    await connected(weft, 3);
    await scanned(weft, 2);
    expect([await ask(weft, 'GET', '/v1/vfs/1'), await ask(weft, 'GET', '/v1/nfvs/2')]).toEqual(before);
    expect([vf, nfv, primary].flatMap((each, index) => told(each, from[index]))).toEqual([]);
  });
});

describe('a primary that is restarted before its secondaries', () => {
  it('leaves them stale until they are, too', async () => {
    const { weft, primary, vf, nfv } = await aPanel('2020');
    const states = () => weft.sql('SELECT type, state FROM v_spp_processes ORDER BY client_id');
    expect(await states()).toEqual([
      { type: 'primary', state: 'connected' },
      { type: 'vf', state: 'connected' },
      { type: 'nfv', state: 'connected' },
    ]);
    await primary.restart();
    const areStale = async () => JSON.stringify(await states()).split('stale').length === 3;
    await until('they are stale', areStale);
    await set(weft, [...vfRequests, ...nfvRequests]);
    const addresses = () =>
      weft.sql<{ address: string }>('SELECT address FROM spp_processes WHERE process > 0 AND connected');
    const before = new Set((await addresses()).map(({ address }) => address));
    for (const secondary of [vf, nfv]) secondary.disconnect();
    await until('they are connected again', async () => {
      const now = await addresses();
      return now.length === 2 && now.every(({ address }) => !before.has(address));
    });
    expect(await areStale()).toBe(true);
    await weft.abandon();
    await weft.restart();
    await connected(weft, 3);
    await until('they are still stale after a new start of weft', areStale);
    await vf.restart();
    const one = [
      { type: 'primary', state: 'connected' },
      { type: 'vf', state: 'connected' },
      { type: 'nfv', state: 'stale' },
    ];
    await until('one of them is not', async () => JSON.stringify(await states()) === JSON.stringify(one));
  });
});

describe('a process that is ended by the API', () => {
  it('reconnects without a configuration', async () => {
    const weft = await LocalWeft.start();
    aPrimary('2020');
    const vf = aVf('2020');
    await connected(weft, 2);
    await set(weft, vfRequests);
    await set(weft, [['DELETE', '/v1/vfs/1']]);
    await connected(weft, 1);
    expect((await ask(weft, 'GET', '/v1/vfs/1')).status).toBe(404);
    await vf.restart();
    await connected(weft, 2);
    expect(await weft.sql('SELECT * FROM spp_items')).toEqual([]);
    expect((await ask(weft, 'GET', '/v1/vfs/1')).text).not.toContain('cls');
  });
});

describe('the views', () => {
  it('show what was set', async () => {
    const { weft } = await aPanel('2020');
    await set(weft, [...vfRequests, ...nfvRequests]);
    expect(await weft.sql('SELECT client_id, component, core, type, state, running FROM v_spp_components')).toEqual([
      { client_id: 1, component: 'cls', core: 2, type: 'classifier', state: 'set', running: 1 },
      { client_id: 1, component: 'fwd', core: 3, type: 'forward', state: 'set', running: 1 },
    ]);
    const ports =
      "SELECT port, component, direction, vlan, vlan_id FROM v_spp_ports WHERE component = 'fwd' ORDER BY port";
    expect(await weft.sql(ports)).toEqual([
      { port: 'ring:2', component: 'fwd', direction: 'rx', vlan: null, vlan_id: null },
      { port: 'vhost:0', component: 'fwd', direction: 'tx', vlan: 'add', vlan_id: 7 },
    ]);
    expect(await weft.sql('SELECT mac_address, vlan_id, port FROM v_spp_classifier')).toEqual([
      { mac_address: 'FA:16:3E:7D:CC:35', vlan_id: null, port: 'ring:2' },
    ]);
    expect(await weft.sql('SELECT client_id, source, destination, forwarding FROM v_spp_patches')).toEqual([
      { client_id: 2, source: 'ring:0', destination: 'ring:1', forwarding: 1 },
    ]);
  });
});
