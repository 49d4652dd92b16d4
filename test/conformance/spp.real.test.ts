import { describe, expect, it } from 'vitest';
import { ERAS } from '../stand-ins/spp/era.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { anNfv, aPanel, aPrimary, ask, aVf, connected, type Era } from '../support/panel.ts';
import { shared } from '../support/shared.ts';
import * as example from './spp-example.ts';
import { changesOf, FORM, JSON_TYPE, json, NOTHING, send } from './spp-example.ts';

/** The content type must not affect the processes, so each is tested in turn. */
const contentTypes: Readonly<Record<Era, string>> = { 'seed-18.05': FORM, '2018-10': JSON_TYPE, '2020': 'text/plain' };

describe.each(ERAS)('the document of spp-ctl, with processes of %s', (era) => {
  it('lists the processes that are connected', async () => {
    const weft = await LocalWeft.start();
    expect(await send(weft, 'GET', '/v1/processes')).toMatchObject({
      status: 200,
      type: 'application/json',
      text: '[]',
    });
    const [vf] = [aVf(era, 1), anNfv(era, 2), aPrimary(era)];
    await connected(weft, 3);
    expect(await ask(weft, 'GET', '/v1/processes')).toEqual(json(JSON.parse(example.processes)));
    await vf.close();
    await connected(weft, 2);
    expect(await ask(weft, 'GET', '/v1/vfs/1')).toMatchObject({ status: 404, text: 'sec_id 1 not found.' });
  });

  it('brings a vf from its initial state to the example of the document', async () => {
    const weft = await LocalWeft.start();
    aVf(era, 1, { cores: [2, 3, 4, 5, 6, 7] });
    await connected(weft, 1);
    expect(await ask(weft, 'GET', '/v1/vfs/1')).toEqual(
      json({
        'client-id': 1,
        ports: ['phy:0', 'phy:1'],
        components: [2, 3, 4, 5, 6, 7].map((core) => ({ core, type: 'unuse' })),
        classifier_table: [],
      }),
    );
    await example.setUpVf(weft);
    expect(await ask(weft, 'GET', '/v1/vfs/1')).toEqual(json(example.vf));
  });

  it(`takes each example request as ${contentTypes[era]}, each shown by the GET after it`, async () => {
    const type = contentTypes[era];
    const weft = await LocalWeft.start();
    const [vf, nfv] = [aVf(era, 1, { cores: [2, 6, 12] }), anNfv(era, 2)];
    await connected(weft, 2);
    const sends = async (method: string, path: string, body?: string) => {
      const { headers: _, ...answer } = await send(weft, method, path, body, type);
      expect(answer, `${method} ${path} ${body}`).toEqual(NOTHING);
    };
    const vfNow = async () => JSON.parse((await ask(weft, 'GET', '/v1/vfs/1')).text);
    const nfvNow = async () => JSON.parse((await ask(weft, 'GET', '/v1/nfvs/2')).text);

    await sends('POST', '/v1/vfs/1/components', example.startForwarder);
    expect((await vfNow()).components).toContainEqual({
      core: 12,
      name: 'forwarder1',
      type: 'forward',
      rx_port: [],
      tx_port: [],
    });
    await sends('POST', '/v1/vfs/1/components', example.startForwardTx);
    await sends('PUT', '/v1/vfs/1/components/forwarder1/ports', example.attachWithVlan);
    expect((await vfNow()).components.at(-1).rx_port).toEqual([
      { port: 'vhost:1', vlan: { operation: 'add', id: 677, pcp: 0 } },
    ]);
    await sends('PUT', '/v1/vfs/1/components/forwarder1/ports', '{"action":"attach","port":"vhost:0","dir":"tx"}');
    await sends('PUT', '/v1/vfs/1/components/forwarder1/ports', example.detach);
    expect((await vfNow()).components.at(-1).tx_port).toEqual([]);
    await sends('DELETE', '/v1/vfs/1/components/forwarder1');
    expect((await vfNow()).components.at(-1)).toEqual({ core: 12, type: 'unuse' });

    await sends('POST', '/v1/vfs/1/components', '{"name":"cls","core":6,"type":"classifier_mac"}');
    await sends('PUT', '/v1/vfs/1/components/cls/ports', '{"action":"attach","port":"ring:0","dir":"tx"}');
    await sends('PUT', '/v1/vfs/1/classifier_table', example.addMac);
    expect((await vfNow()).classifier_table).toEqual([{ type: 'mac', value: 'FA:16:3E:7D:CC:35', port: 'ring:0' }]);
    await sends('PUT', '/v1/vfs/1/classifier_table', example.addMac.replace('add', 'del'));
    await sends('PUT', '/v1/vfs/1/classifier_table', example.removeVlan.replace('del', 'add'));
    expect((await vfNow()).classifier_table).toEqual([
      { type: 'vlan', value: '475/FA:16:3E:7D:CC:35', port: 'ring:0' },
    ]);
    await sends('PUT', '/v1/vfs/1/classifier_table', example.removeVlan);
    expect((await vfNow()).classifier_table).toEqual([]);

    await sends('PUT', '/v1/nfvs/2/ports', example.addPort);
    await sends('PUT', '/v1/nfvs/2/ports', '{"action": "add", "port": "ring:0"}');
    expect((await nfvNow()).ports).toEqual(['phy:0', 'phy:1', 'vhost:0', 'ring:0']);
    await sends('PUT', '/v1/nfvs/2/patches', example.addPatch);
    expect((await nfvNow()).patches).toEqual([{ src: 'vhost:0', dst: 'ring:0' }]);
    await sends('PUT', '/v1/nfvs/2/forward', example.startForwarding);
    expect((await nfvNow()).status).toBe('Running');
    await sends('PUT', '/v1/nfvs/2/forward', '{"action": "stop"}');
    expect((await nfvNow()).status).toBe('Idle');
    await sends('DELETE', '/v1/nfvs/2/patches');
    expect((await nfvNow()).patches).toEqual([]);
    await sends('PUT', '/v1/nfvs/2/ports', '{"action": "del", "port": "vhost:0"}');
    expect((await nfvNow()).ports).toEqual(['phy:0', 'phy:1', 'ring:0']);

    const classifier = era === '2020' ? 'classifier' : 'classifier_mac';
    expect(changesOf(vf.commands)).toEqual([
      'component start forwarder1 12 forward',
      'component start forward_0_tx 2 forward',
      'port add vhost:1 rx forwarder1 add_vlantag 677 0',
      'port add vhost:0 tx forwarder1',
      'port del vhost:0 tx forwarder1',
      'component stop forwarder1',
      `component start cls 6 ${classifier}`,
      'port add ring:0 tx cls',
      'classifier_table add mac FA:16:3E:7D:CC:35 ring:0',
      'classifier_table del mac FA:16:3E:7D:CC:35 ring:0',
      'classifier_table add vlan 475 FA:16:3E:7D:CC:35 ring:0',
      'classifier_table del vlan 475 FA:16:3E:7D:CC:35 ring:0',
    ]);
    const mark = era === '2020' ? ':' : ' ';
    expect(changesOf(nfv.commands)).toEqual([
      `add vhost${mark}0`,
      `add ring${mark}0`,
      'patch vhost:0 ring:0',
      'forward',
      'stop',
      'patch reset',
      `del vhost${mark}0`,
    ]);
  });
});

describe.each(ERAS)('the document of spp-ctl, with one of each process of %s', (era) => {
  const panel = shared(() => aPanel(era));

  it('brings an nfv from its initial state to the example of the document', async () => {
    const { weft } = panel();
    expect(await ask(weft, 'GET', '/v1/nfvs/2')).toEqual(
      json({ 'client-id': 2, status: 'Idle', ports: ['phy:0', 'phy:1'], patches: [] }),
    );
    await example.setUpNfv(weft);
    expect(await ask(weft, 'GET', '/v1/nfvs/2')).toEqual(json(example.nfv));
  });

  it('accepts the path of a component without /ports, and any path with a trailing slash', async () => {
    const { weft } = panel();
    await send(weft, 'POST', '/v1/vfs/1/components/', '{"name":"fwd","core":2,"type":"forward"}');
    const paths = ['/v1/vfs/1/components/fwd', '/v1/vfs/1/components/fwd/', '/v1/vfs/1/components/fwd/ports/'];
    for (const [ordinal, path] of paths.entries()) {
      for (const action of ['attach', 'detach']) {
        const body = JSON.stringify({ action, port: `ring:${ordinal}`, dir: 'rx', vlan: { operation: 'none' } });
        expect(await ask(weft, 'PUT', path, body), path).toEqual(NOTHING);
        const shown = JSON.parse((await ask(weft, 'GET', '/v1/vfs/1/')).text).components[0].rx_port.length;
        expect(shown, `${path} ${action}`).toBe(action === 'attach' ? 1 : 0);
      }
    }
    expect(await ask(weft, 'GET', '/v1/processes/')).toMatchObject({ status: 200, text: example.processes });
    expect(await ask(weft, 'GET', '/v1/primary/status/')).toMatchObject({ status: 200 });
  });

  it('accepts the operations on VLAN tags', async () => {
    const { weft, vf } = panel();
    await example.done(weft, 'POST', '/v1/vfs/1/components', { name: 'mrg', core: 3, type: 'merge' });
    const before = changesOf(vf.commands).length;
    const vlans = [null, {}, { operation: 'none', id: 9000, pcp: 'ignored' }, { operation: 'del', id: 1 }];
    for (const [ordinal, vlan] of vlans.entries()) {
      const body = { action: 'attach', port: `ring:${ordinal}`, dir: 'rx', vlan };
      expect(await ask(weft, 'PUT', '/v1/vfs/1/components/mrg/ports', body), JSON.stringify(vlan)).toEqual(NOTHING);
    }
    const last = { action: 'attach', port: 'ring:4', dir: 'tx', vlan: { operation: 'add', id: 4095, pcp: 7 } };
    expect(await ask(weft, 'PUT', '/v1/vfs/1/components/mrg/ports', last)).toEqual(NOTHING);
    expect(changesOf(vf.commands).slice(before)).toEqual([
      'port add ring:0 rx mrg',
      'port add ring:1 rx mrg',
      'port add ring:2 rx mrg',
      'port add ring:3 rx mrg del_vlantag',
      'port add ring:4 tx mrg add_vlantag 4095 7',
    ]);
    const { components } = JSON.parse((await ask(weft, 'GET', '/v1/vfs/1')).text);
    const mrg = components.find(({ name }: { name?: string }) => name === 'mrg');
    expect(mrg.rx_port.at(-1)).toEqual({ port: 'ring:3', vlan: { operation: 'del', id: 0, pcp: 0 } });
    expect(mrg.tx_port).toEqual([{ port: 'ring:4', vlan: { operation: 'add', id: 4095, pcp: 7 } }]);
  });

  it('writes a MAC address in its canonical spelling', async () => {
    const { weft, vf } = panel();
    await example.done(weft, 'POST', '/v1/vfs/1/components', { name: 'cls', core: 4, type: 'classifier_mac' });
    await example.done(weft, 'PUT', '/v1/vfs/1/components/cls/ports', { action: 'attach', port: 'ring:0', dir: 'tx' });
    const spellings = ['fa:16:3e:7d:cc:35', 'fa-16-3e-7d-cc-35', 'fa16.3e7d.cc35', 'FA163E7DCC35', 'default'];
    for (const mac_address of spellings) {
      for (const action of ['add', 'del']) {
        const body = { action, type: 'mac', vlan: null, mac_address, port: 'ring:0' };
        expect(await ask(weft, 'PUT', '/v1/vfs/1/classifier_table', body), mac_address).toEqual(NOTHING);
      }
    }
    const sent = changesOf(vf.commands).filter((command) => command.startsWith('classifier_table add'));
    expect(sent).toEqual([
      ...Array.from({ length: 4 }, () => 'classifier_table add mac FA:16:3E:7D:CC:35 ring:0'),
      'classifier_table add mac default ring:0',
    ]);
  });

  it('shows and clears the statistics of a primary', async () => {
    const { weft, primary } = panel();
    const { status, type, text } = await ask(weft, 'GET', '/v1/primary/status');
    expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
    if (era === 'seed-18.05') expect(text).toBe('{}');
    else
      expect(JSON.parse(text)).toMatchObject({
        phy_ports: [{ id: 0, rx: 0 }, { id: 1 }],
        ring_ports: [{ id: 0 }, {}, {}, {}, {}, {}, {}, {}],
      });
    expect(await ask(weft, 'DELETE', '/v1/primary/status')).toEqual(NOTHING);
    expect(changesOf(primary.commands)).toEqual(['clear']);
  });
});
