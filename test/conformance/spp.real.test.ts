import { describe, expect, it } from 'vitest';
import { startMirror, startPcap } from '../stand-ins/spp/process.ts';
import { aPanel, aPrimary, ask, aVf, connected, type Era, keep } from '../support/panel.ts';
import { Weft } from '../support/weft.ts';

/* spp-ctl's API as its document has it: paths, bodies, statuses, texts; against stand-ins of three eras. */

const eras: readonly Era[] = ['seed-18.05', '2018-10', '2020'];

/** What a process of each era says where it refuses something. */
const said: Readonly<Record<Era, (what: string) => string>> = {
  'seed-18.05': (what) => `command error: bad value(${what})`,
  '2018-10': (what) => `command error: bad value(${what})`,
  '2020': (what) => `command error: Invalid value (${what})`,
};

const nothing = { status: 204, type: null, text: '' };
const text = (status: number, words: string) => ({ status, type: 'text/plain; charset=utf-8', text: words });

async function json(weft: Weft, path: string): Promise<unknown> {
  const answer = await ask(weft, 'GET', path);
  expect({ status: answer.status, type: answer.type }).toEqual({ status: 200, type: 'application/json' });
  return JSON.parse(answer.text);
}

describe.each(eras)('spp-ctl’s API, to processes of %s', (era) => {
  it('shows the processes, the primary first', async () => {
    const { weft } = await aPanel(era);
    const { text: body } = await ask(weft, 'GET', '/v1/processes');
    expect(body).toBe('[{"type":"primary"},{"type":"vf","client-id":1},{"type":"nfv","client-id":2}]');
    expect((await ask(weft, 'GET', '/v1/processes/')).text).toBe(body);
    expect((await ask(weft, 'HEAD', '/v1/processes')).status).toBe(200);
  });

  it('changes a vf; a GET after a 204 shows it', async () => {
    const { weft } = await aPanel(era);
    const components = '/v1/vfs/1/components';
    expect(await ask(weft, 'POST', components, { core: 2, name: 'forward_0_tx', type: 'forward' })).toEqual(nothing);
    expect(await ask(weft, 'POST', components, { name: 'classifier', core: 6, type: 'classifier_mac' })).toEqual(
      nothing,
    );
    expect(await ask(weft, 'POST', components, { name: 'merger', core: 4, type: 'merge' })).toEqual(nothing);
    for (const [path, body] of [
      ['forward_0_tx/ports', { action: 'attach', port: 'ring:0', dir: 'rx' }],
      ['forward_0_tx', { action: 'attach', port: 'ring:5', dir: 'tx' }],
      ['classifier/ports', { action: 'attach', port: 'phy:0', dir: 'rx' }],
      [
        'classifier/ports',
        { action: 'attach', port: 'ring:2', dir: 'tx', vlan: { operation: 'add', id: 101, pcp: 3 } },
      ],
      ['classifier/ports', { action: 'attach', port: 'ring:3', dir: 'tx', vlan: { operation: 'del', id: 0, pcp: 0 } }],
      ['merger', { action: 'attach', port: 'ring:6', dir: 'rx', vlan: { operation: 'none' } }],
    ] as const) {
      expect({ path, ...(await ask(weft, 'PUT', `${components}/${path}`, body)) }).toEqual({ path, ...nothing });
    }
    const table = '/v1/vfs/1/classifier_table';
    const mac = { action: 'add', type: 'mac', mac_address: 'fa:16:3e:7d:cc:35', port: 'ring:2' };
    const vlan = { action: 'add', type: 'vlan', vlan: 475, mac_address: 'FA-16-3E-7D-CC-36', port: 'ring:3' };
    expect(await ask(weft, 'PUT', table, mac)).toEqual(nothing);
    expect(await ask(weft, 'PUT', table, vlan)).toEqual(nothing);
    const none = { operation: 'none', id: 0, pcp: 0 };
    expect(await json(weft, '/v1/vfs/1')).toEqual({
      'client-id': 1,
      ports: ['phy:0', 'phy:1', 'ring:0', 'ring:2', 'ring:3', 'ring:5', 'ring:6'],
      components: [
        {
          core: 2,
          name: 'forward_0_tx',
          type: 'forward',
          rx_port: [{ port: 'ring:0', vlan: none }],
          tx_port: [{ port: 'ring:5', vlan: none }],
        },
        { core: 3, type: 'unuse' },
        { core: 4, name: 'merger', type: 'merge', rx_port: [{ port: 'ring:6', vlan: none }], tx_port: [] },
        { core: 5, type: 'unuse' },
        {
          core: 6,
          name: 'classifier',
          type: 'classifier_mac',
          rx_port: [{ port: 'phy:0', vlan: none }],
          tx_port: [
            { port: 'ring:2', vlan: { operation: 'add', id: 101, pcp: 3 } },
            { port: 'ring:3', vlan: { operation: 'del', id: 0, pcp: 0 } },
          ],
        },
        { core: 7, type: 'unuse' },
        { core: 8, type: 'unuse' },
      ],
      classifier_table: expect.arrayContaining([
        { type: 'vlan', value: '475/FA:16:3E:7D:CC:36', port: 'ring:3' },
        { type: 'mac', value: 'FA:16:3E:7D:CC:35', port: 'ring:2' },
      ]),
    });
    expect(await ask(weft, 'PUT', table, { ...mac, action: 'del' })).toEqual(nothing);
    const detach = { action: 'detach', port: 'ring:5', dir: 'tx' };
    expect(await ask(weft, 'PUT', `${components}/forward_0_tx/ports`, detach)).toEqual(nothing);
    expect(await ask(weft, 'DELETE', `${components}/merger`)).toEqual(nothing);
    expect(await json(weft, '/v1/vfs/1')).toMatchObject({
      components: [{ name: 'forward_0_tx', tx_port: [] }, {}, { core: 4, type: 'unuse' }, {}, {}, {}, {}],
      classifier_table: [{ type: 'vlan' }],
    });
  });

  it('changes an nfv; a GET after a 204 shows it', async () => {
    const { weft } = await aPanel(era);
    expect(await json(weft, '/v1/nfvs/2')).toMatchObject({ 'client-id': 2, status: 'Idle', patches: [] });
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/patches', { src: 'phy:0', dst: 'ring:0' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/patches', { src: 'ring:0', dst: 'phy:1' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/forward', { action: 'start' })).toEqual(nothing);
    expect(await json(weft, '/v1/nfvs/2')).toEqual({
      'client-id': 2,
      status: 'Running',
      ports: ['phy:0', 'phy:1', 'ring:0'],
      patches: [
        { src: 'phy:0', dst: 'ring:0' },
        { src: 'ring:0', dst: 'phy:1' },
      ],
    });
    // An extension: one patch alone.
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches', { src: 'phy:0', dst: 'ring:0' })).toEqual(nothing);
    expect(await json(weft, '/v1/nfvs/2')).toMatchObject({ patches: [{ src: 'ring:0', dst: 'phy:1' }] });
    expect(await ask(weft, 'DELETE', '/v1/nfvs/2/patches')).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/forward', { action: 'stop' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/ports', { action: 'del', port: 'ring:0' })).toEqual(nothing);
    expect(await json(weft, '/v1/nfvs/2')).toMatchObject({ status: 'Idle', ports: ['phy:0', 'phy:1'], patches: [] });
  });

  it('shows and clears the primary’s figures', async () => {
    const { weft, primary } = await aPanel(era);
    const figures = await json(weft, '/v1/primary/status');
    if (era === 'seed-18.05') expect(figures).toEqual({});
    else expect(figures).toMatchObject({ phy_ports: expect.any(Array), ring_ports: expect.any(Array) });
    expect(await ask(weft, 'DELETE', '/v1/primary/status')).toEqual(nothing);
    expect(primary.commands).toContain('clear');
  });

  it('answers what a process says word for word', async () => {
    const { weft, nfv } = await aPanel(era);
    const components = '/v1/vfs/1/components';
    await ask(weft, 'POST', components, { name: 'one', core: 2, type: 'forward' });
    expect(await ask(weft, 'POST', components, { name: 'one', core: 3, type: 'forward' })).toEqual(
      text(400, said[era]('component name')),
    );
    expect(await ask(weft, 'POST', components, { name: 'two', core: 400, type: 'forward' })).toEqual(
      text(400, said[era]('core')),
    );
    const attach = { action: 'attach', port: 'ring:1', dir: 'rx' };
    expect(await ask(weft, 'PUT', `${components}/nosuch/ports`, attach)).toEqual(
      text(400, said[era]('component name')),
    );
    // What an old nfv takes in silence is looked up in its status; what would crash it is not sent.
    const before = nfv.connections;
    for (const body of [
      { action: 'add', port: 'ring:99' },
      { action: 'del', port: 'ring:99' },
    ]) {
      const { status, text: words } = await ask(weft, 'PUT', '/v1/nfvs/2/ports', body);
      expect({ status, words }).toEqual({ status: 400, words: expect.stringMatching(/^command error: ./) });
    }
    expect(nfv.connections).toBe(before);
  });
});

describe('requests that are wrong', () => {
  it('are answered in plain text, 404 before 400, and reach no process', async () => {
    const { weft, vf, nfv } = await aPanel('2020');
    const sent = () => [...vf.commands, ...nfv.commands].filter((each) => each !== 'status').length;
    const before = sent();
    const start = { name: 'a', core: 2, type: 'forward' };
    for (const [method, path, body, status, words] of [
      ['GET', '/v1/vfs/9', undefined, 404, 'sec_id 9 not found.'],
      ['GET', '/v1/vfs/2', undefined, 404, 'sec_id 2 not found.'],
      ['GET', '/v1/nfvs/-1', undefined, 404, 'sec_id -1 not found.'],
      ['POST', '/v1/vfs/9/components', 'rubbish', 404, 'sec_id 9 not found.'],
      ['GET', '/v1/vfs/x', undefined, 404, "Not found: '/x'"],
      ['GET', '/v1/nothing', undefined, 404, "Not found: '/nothing'"],
      ['PUT', '/v1/processes', undefined, 405, 'Method not allowed.'],
      ['POST', '/v1/vfs/1/components', 'rubbish', 400, 'Not in json format.'],
      ['POST', '/v1/vfs/1/components', {}, 400, 'key(name) required.'],
      ['POST', '/v1/vfs/1/components', '[]', 400, 'key(name) required.'],
      ['POST', '/v1/vfs/1/components', { ...start, core: '2' }, 400, 'invalid key(core): 2.'],
      ['POST', '/v1/vfs/1/components', { ...start, type: 'none' }, 400, 'invalid key(type): none.'],
      ['POST', '/v1/vfs/1/components', { ...start, name: 'a b' }, 400, 'invalid key(name): a b.'],
      ['DELETE', '/v1/vfs/1/components/a%20b', undefined, 400, 'invalid key(name): a b.'],
      ['PUT', '/v1/nfvs/2/forward', { action: 'pause' }, 400, 'invalid key(action): pause.'],
      ['PUT', '/v1/nfvs/2/forward', {}, 400, 'key(action) required.'],
      ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0\n' }, 400, 'invalid key(port): ring:0\n.'],
      ['PUT', '/v1/nfvs/2/patches', { src: 'phy:0' }, 400, 'key(dst) required.'],
    ] as const) {
      const answer = await ask(weft, method, path, body);
      expect({ method, path, body, ...answer }).toEqual({ method, path, body, ...text(status, words) });
    }
    const large = await ask(weft, 'PUT', '/v1/nfvs/2/forward', 'x'.repeat(1_100_000));
    expect(large).toMatchObject({ status: 413, type: 'text/plain; charset=utf-8' });
    expect(sent()).toBe(before);
    expect(await weft.sql('SELECT * FROM operations')).toEqual([]);
  });

  it('are the same whatever the Content-Type says, and unknown members are named in a warning', async () => {
    const { weft } = await aPanel('2020');
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await fetch(`${weft.url}/v1/nfvs/2/forward`, {
        method: 'PUT',
        body: JSON.stringify({ action: 'start', color: 'red' }),
        headers: { 'content-type': type },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('warning')).toContain('/color');
    }
  });
});

describe('extensions, with processes of 2020', () => {
  it('mirrors and pcaps', async () => {
    const weft = await Weft.start();
    const mirror = keep(startMirror({ era: '2020', port: 6666, clientId: 3, cores: [2, 3], reconnectMs: 50 }));
    const pcap = keep(startPcap({ era: '2020', port: 6666, clientId: 4, cores: [5, 6], reconnectMs: 50 }));
    await connected(weft, 2);
    expect(await ask(weft, 'POST', '/v1/mirrors/3/components', { name: 'mr', core: 2, type: 'mirror' })).toEqual(
      nothing,
    );
    const attach = { action: 'attach', port: 'ring:1', dir: 'rx' };
    expect(await ask(weft, 'PUT', '/v1/mirrors/3/components/mr/ports', attach)).toEqual(nothing);
    expect(await json(weft, '/v1/mirrors/3')).toMatchObject({
      'client-id': 3,
      components: [
        { core: 2, name: 'mr', type: 'mirror', rx_port: [{ port: 'ring:1' }] },
        { core: 3, type: 'unuse' },
      ],
    });
    expect(await ask(weft, 'DELETE', '/v1/mirrors/3/components/mr')).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/pcaps/4/capture', { action: 'start' })).toEqual(nothing);
    expect(await json(weft, '/v1/pcaps/4')).toMatchObject({ 'client-id': 4, status: 'running' });
    expect(await ask(weft, 'PUT', '/v1/pcaps/4/capture', { action: 'stop', more: 1 })).toEqual(
      text(400, 'unknown key(more).'),
    );
    expect(await ask(weft, 'DELETE', '/v1/pcaps/4')).toEqual(nothing);
    expect(await ask(weft, 'DELETE', '/v1/mirrors/3')).toEqual(nothing);
    expect([mirror.condition, pcap.condition]).toEqual(['exited', 'exited']);
    await connected(weft, 0);
  });

  it('a primary that forwards, and its pipes', async () => {
    const weft = await Weft.start();
    const primary = aPrimary('2020');
    aVf('2020');
    await connected(weft, 2);
    expect(await ask(weft, 'PUT', '/v1/primary/ports', { action: 'add', port: 'ring:0' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/primary/ports', { action: 'add', port: 'ring:1' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/primary/patches', { src: 'ring:0', dst: 'ring:1' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/primary/forward', { action: 'start' })).toEqual(nothing);
    expect(await ask(weft, 'DELETE', '/v1/primary/patches')).toEqual(nothing);
    const pipe = { action: 'add', port: 'pipe:0', rx: 'ring:1', tx: 'ring:2' };
    expect(await ask(weft, 'PUT', '/v1/primary/ports', pipe)).toEqual(nothing);
    expect(primary.commands.filter((each) => each !== 'status')).toEqual([
      'add ring:0',
      'add ring:1',
      'patch ring:0 ring:1',
      'forward',
      'patch reset',
      'add pipe:0 ring:1 ring:2',
    ]);
  });
});
