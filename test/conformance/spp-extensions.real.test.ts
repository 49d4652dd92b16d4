import { describe, expect, it } from 'vitest';
import { ERAS } from '../stand-ins/spp/era.ts';
import { startMirror, startPcap } from '../stand-ins/spp/process.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { aPanel, aPrimary, ask, connected, keep, SECONDARY_PORT } from '../support/panel.ts';
import { changesOf, done, error, json, NOTHING, setUpNfv } from './spp-example.ts';

const PRIMARY = '/v1/primary';
const MIRROR = '/v1/mirrors/3';
const PCAP = '/v1/pcaps/4';
const untagged = { operation: 'none', id: 0, pcp: 0 };

function secondary(clientId: number, cores: readonly number[]) {
  return { era: '2020', port: SECONDARY_PORT, clientId, cores, reconnectMs: 50 } as const;
}

describe('a mirror', () => {
  it('has components and ports like a vf', async () => {
    const weft = await LocalWeft.start();
    const mirror = keep(startMirror(secondary(3, [5])));
    await connected(weft, 1);
    expect(await ask(weft, 'GET', '/v1/processes')).toEqual(json([{ type: 'mirror', 'client-id': 3 }]));
    expect(await ask(weft, 'POST', `${MIRROR}/components`, { name: 'mir1', core: 5, type: 'mirror' })).toEqual(NOTHING);
    const requests: [string, string][] = [
      ['ring:6', 'rx'],
      ['ring:2', 'tx'],
      ['ring:3', 'tx'],
    ];
    for (const [port, dir] of requests) {
      expect(await ask(weft, 'PUT', `${MIRROR}/components/mir1/ports`, { action: 'attach', port, dir })).toEqual(
        NOTHING,
      );
    }
    const third = { action: 'attach', port: 'ring:4', dir: 'tx' };
    expect(await ask(weft, 'PUT', `${MIRROR}/components/mir1/ports`, third)).toEqual(
      error(400, 'command error: error occur'),
    );
    const body = {
      'client-id': 3,
      ports: ['phy:0', 'phy:1', 'ring:2', 'ring:3', 'ring:6'],
      'master-lcore': 0,
      components: [
        {
          core: 5,
          name: 'mir1',
          type: 'mirror',
          rx_port: [{ port: 'ring:6', vlan: untagged }],
          tx_port: [
            { port: 'ring:2', vlan: untagged },
            { port: 'ring:3', vlan: untagged },
          ],
        },
      ],
    };
    expect(await ask(weft, 'GET', MIRROR)).toEqual(json(body));
    const detach = { action: 'detach', port: 'ring:3', dir: 'tx' };
    expect(await ask(weft, 'PUT', `${MIRROR}/components/mir1/ports`, detach)).toEqual(NOTHING);
    expect(await ask(weft, 'DELETE', `${MIRROR}/components/mir1`)).toEqual(NOTHING);
    expect(JSON.parse((await ask(weft, 'GET', MIRROR)).text).components).toEqual([{ core: 5, type: 'unuse' }]);
    expect(changesOf(mirror.commands)).toEqual([
      'component start mir1 5 mirror',
      'port add ring:6 rx mir1',
      'port add ring:2 tx mir1',
      'port add ring:3 tx mir1',
      'port add ring:4 tx mir1',
      'port del ring:3 tx mir1',
      'component stop mir1',
    ]);
  });

  it('rejects commands of a vf, and its id is not that of a vf', async () => {
    const weft = await LocalWeft.start();
    keep(startMirror(secondary(3, [5])));
    await connected(weft, 1);
    const components = `${MIRROR}/components`;
    const attach = { action: 'attach', port: 'ring:0', dir: 'rx' };
    expect(await ask(weft, 'POST', components, { name: 'f', core: 5, type: 'forward' })).toEqual(
      error(400, 'invalid key(type): forward.'),
    );
    expect(await ask(weft, 'POST', components, { name: 'm', core: 5, type: 'mirror', cores: 2 })).toEqual(
      error(400, 'unknown key(cores).'),
    );
    expect(await ask(weft, 'PUT', `${components}/m/ports`, { ...attach, vlan: { operation: 'del' } })).toEqual(
      error(400, 'invalid key(vlan): {"operation":"del"}.'),
    );
    expect(await ask(weft, 'PUT', `${MIRROR}/classifier_table`, {})).toEqual(
      error(404, "Not found: '/3/classifier_table'"),
    );
    expect(await ask(weft, 'GET', '/v1/vfs/3')).toEqual(error(404, 'sec_id 3 not found.'));
  });
});

describe('a pcap', () => {
  it('captures from start to stop', async () => {
    const weft = await LocalWeft.start();
    const pcap = keep(startPcap(secondary(4, [6, 7])));
    await connected(weft, 1);
    const idle = {
      'client-id': 4,
      status: 'idle',
      'master-lcore': 0,
      core: [
        { core: 6, role: 'receive', rx_port: [{ port: 'phy:0' }] },
        { core: 7, role: 'write', filename: '' },
      ],
    };
    expect(await ask(weft, 'GET', PCAP)).toEqual(json(idle));
    expect(await ask(weft, 'PUT', `${PCAP}/capture`, { action: 'start' })).toEqual(NOTHING);
    const running = JSON.parse((await ask(weft, 'GET', PCAP)).text);
    expect(running).toMatchObject({ status: 'running', core: [{}, { filename: expect.stringContaining('phy0') }] });
    expect(await ask(weft, 'PUT', `${PCAP}/capture`, { action: 'pause' })).toEqual(
      error(400, 'invalid key(action): pause.'),
    );
    expect(await ask(weft, 'PUT', `${PCAP}/capture`, { action: 'stop' })).toEqual(NOTHING);
    expect(await ask(weft, 'GET', PCAP)).toEqual(json(idle));
    expect(changesOf(pcap.commands)).toEqual(['start', 'stop']);
  });
});

describe.each(ERAS)('DELETE of a process of %s', (era) => {
  it('ends it, and it is not found afterwards', async () => {
    const { weft, vf, nfv } = await aPanel(era);
    expect(await ask(weft, 'DELETE', '/v1/vfs/1')).toEqual(NOTHING);
    expect(await ask(weft, 'GET', '/v1/vfs/1')).toEqual(error(404, 'sec_id 1 not found.'));
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2')).toEqual(NOTHING);
    expect(await ask(weft, 'GET', '/v1/processes')).toEqual(json([{ type: 'primary' }]));
    expect([vf.condition, nfv.condition]).toEqual(['exited', 'exited']);
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2')).toEqual(error(404, 'sec_id 2 not found.'));
  });
});

describe('DELETE of a mirror and of a pcap', () => {
  it('ends them too', async () => {
    const weft = await LocalWeft.start();
    const [mirror, pcap] = [keep(startMirror(secondary(3, [5]))), keep(startPcap(secondary(4, [6, 7])))];
    await connected(weft, 2);
    for (const path of [MIRROR, PCAP]) expect(await ask(weft, 'DELETE', path)).toEqual(NOTHING);
    expect((await ask(weft, 'GET', '/v1/processes')).text).toBe('[]');
    expect([mirror.condition, pcap.condition]).toEqual(['exited', 'exited']);
  });
});

describe('a primary', () => {
  it('has ports, pipes, patches and forwarding in 2020', async () => {
    const weft = await LocalWeft.start();
    const primary = aPrimary('2020');
    await connected(weft, 1);
    const requests: [string, string, unknown][] = [
      ['PUT', 'ports', { action: 'add', port: 'ring:0' }],
      ['PUT', 'ports', { action: 'add', port: 'vhost:1' }],
      ['PUT', 'ports', { action: 'add', port: 'pipe:0', rx: 'ring:0', tx: 'ring:1' }],
      ['PUT', 'patches', { src: 'ring:0', dst: 'vhost:1' }],
      ['PUT', 'forward', { action: 'start' }],
      ['PUT', 'forward', { action: 'stop' }],
      ['DELETE', 'patches', undefined],
      ['PUT', 'ports', { action: 'del', port: 'vhost:1' }],
    ];
    for (const [method, path, body] of requests) {
      expect(await ask(weft, method, `${PRIMARY}/${path}`, body), JSON.stringify(body)).toEqual(NOTHING);
    }
    expect(changesOf(primary.commands)).toEqual([
      'add ring:0',
      'add vhost:1',
      'add pipe:0 ring:0 ring:1',
      'patch ring:0 vhost:1',
      'forward',
      'stop',
      'patch reset',
      'del vhost:1',
    ]);
    expect(JSON.parse((await ask(weft, 'GET', `${PRIMARY}/status`)).text).pipes).toEqual([{ id: 0, rx: 0, tx: 1 }]);
  });

  it('reports commands that it does not support', async () => {
    const weft = await LocalWeft.start();
    aPrimary('2020');
    await connected(weft, 1);
    const refused = { status: 400, text: expect.stringMatching(/^command error: ./) };
    expect(await ask(weft, 'PUT', `${PRIMARY}/ports`, { action: 'add', port: 'ring:99' })).toMatchObject(refused);
    expect(await ask(weft, 'PUT', `${PRIMARY}/patches`, { src: 'ring:0', dst: 'ring:1' })).toMatchObject(refused);
    expect(await ask(weft, 'PUT', `${PRIMARY}/ports`, { action: 'add', port: 'pipe:0' })).toEqual(
      error(400, 'key(rx) required.'),
    );
    const backwards = { action: 'add', port: 'pipe:0', rx: 'ring:0', tx: 'vhost:0' };
    expect(await ask(weft, 'PUT', `${PRIMARY}/ports`, backwards)).toEqual(error(400, 'invalid key(tx): vhost:0.'));
    const one = { src: 'ring:0', dst: 'ring:1' };
    expect(await ask(weft, 'DELETE', `${PRIMARY}/patches`, one)).toEqual(error(400, 'unknown key(src).'));
  });

  it.each(['seed-18.05', '2018-10'] as const)('of %s has none of them, and is not contacted', async (era) => {
    const weft = await LocalWeft.start();
    const primary = aPrimary(era);
    await connected(weft, 1);
    const tooOld = error(400, 'command error: this primary is too old for it');
    expect(await ask(weft, 'PUT', `${PRIMARY}/forward`, { action: 'start' })).toEqual(tooOld);
    expect(await ask(weft, 'PUT', `${PRIMARY}/ports`, { action: 'add', port: 'ring:0' })).toEqual(tooOld);
    expect(await ask(weft, 'DELETE', `${PRIMARY}/patches`)).toEqual(tooOld);
    expect(changesOf(primary.commands)).toEqual([]);
  });
});

describe.each(ERAS)('DELETE of one patch, on an nfv of %s', (era) => {
  it('leaves the others and the forwarding as they are', async () => {
    const { weft, nfv } = await aPanel(era);
    await setUpNfv(weft);
    await done(weft, 'PUT', '/v1/nfvs/2/patches', { src: 'phy:0', dst: 'ring:3' });
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches', { src: 'vhost:0', dst: 'ring:0' })).toEqual(NOTHING);
    expect(JSON.parse((await ask(weft, 'GET', '/v1/nfvs/2')).text)).toMatchObject({
      status: 'Running',
      patches: [
        { src: 'phy:0', dst: 'ring:3' },
        { src: 'ring:1', dst: 'vhost:1' },
      ],
    });
    const before = changesOf(nfv.commands).length;
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches', { src: 'vhost:0', dst: 'ring:0' })).toEqual(
      error(400, 'command error: there is no patch from vhost:0 to ring:0'),
    );
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches', { src: 'vhost:0' })).toEqual(
      error(400, 'key(dst) required.'),
    );
    expect(changesOf(nfv.commands).length).toBe(before);
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches')).toEqual(NOTHING);
    expect(JSON.parse((await ask(weft, 'GET', '/v1/nfvs/2')).text).patches).toEqual([]);
  });
});
