import { describe, expect, it } from 'vitest';
import { ERAS } from '../stand-ins/spp/era.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { aPanel, ask, aVf, connected } from '../support/panel.ts';
import { shared } from '../support/shared.ts';
import { changesOf, done, error, FORM, JSON_TYPE, NOTHING, send } from './spp-example.ts';

const VF = '/v1/vfs/1';
const COMPONENTS = `${VF}/components`;
const PORTS = `${COMPONENTS}/fwd/ports`;
const TABLE = `${VF}/classifier_table`;
const NFV = '/v1/nfvs/2';
const MAC = 'FA:16:3E:7D:CC:35';

interface Case {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
  /** The message of the old processes, and that of processes of 2020 where it differs. */
  readonly says: readonly [string, string];
}

/** In this order: after `error occur` for a port an old vf keeps that port. */
const refusals: readonly Case[] = [
  refusal('POST', COMPONENTS, { name: 'fwd', core: 3, type: 'forward' }, 'component name'),
  refusal('POST', COMPONENTS, { name: 'x', core: 128, type: 'forward' }, 'core'),
  occurs('POST', COMPONENTS, { name: 'x', core: 127, type: 'forward' }),
  refusal('PUT', `${COMPONENTS}/nosuch/ports`, { action: 'attach', port: 'ring:5', dir: 'rx' }, 'component name'),
  refusal('PUT', `${COMPONENTS}/nosuch/ports`, { action: 'detach', port: 'ring:5', dir: 'rx' }, 'component name'),
  refusal('PUT', `${COMPONENTS}/cls/ports`, { action: 'attach', port: 'ring:0', dir: 'rx' }, 'port rxtx'),
  refusal('PUT', `${COMPONENTS}/cls/ports`, { action: 'attach', port: 'tap:1', dir: 'tx' }, 'port'),
  refusal('PUT', TABLE, { action: 'add', type: 'mac', mac_address: MAC, port: 'ring:7' }, 'port'),
  refusal('PUT', TABLE, { action: 'add', type: 'mac', mac_address: 'default', port: 'ring:2' }, 'port'),
  refusal('PUT', TABLE, { action: 'del', type: 'vlan', vlan: 475, mac_address: MAC, port: 'ring:2' }, 'port'),
  occurs('PUT', PORTS, { action: 'attach', port: 'ring:4', dir: 'rx' }),
];

function refusal(method: Case['method'], path: string, body: unknown, field: string): Case {
  return { method, path, body, says: [`bad value(${field})`, `Invalid value (${field})`] };
}

function occurs(method: Case['method'], path: string, body: unknown): Case {
  return { method, path, body, says: ['error occur', 'error occur'] };
}

describe.each(ERAS)('a command that a process of %s refuses', (era) => {
  const panel = shared(() => aPanel(era));

  it('is answered with the process’ message verbatim, and changes nothing', async () => {
    const { weft, vf } = panel();
    await done(weft, 'POST', COMPONENTS, { name: 'fwd', core: 2, type: 'forward' });
    await done(weft, 'PUT', PORTS, { action: 'attach', port: 'ring:0', dir: 'rx' });
    await done(weft, 'POST', COMPONENTS, { name: 'cls', core: 4, type: 'classifier_mac' });
    await done(weft, 'PUT', `${COMPONENTS}/cls/ports`, { action: 'attach', port: 'ring:2', dir: 'tx' });
    await done(weft, 'PUT', TABLE, { action: 'add', type: 'mac', mac_address: MAC, port: 'ring:2' });
    const before = await ask(weft, 'GET', VF);
    for (const { method, path, body, says } of refusals) {
      const asked = changesOf(vf.commands).length;
      const words = era === '2020' ? says[1] : says[0];
      expect(await ask(weft, method, path, body), JSON.stringify(body)).toEqual(error(400, `command error: ${words}`));
      expect(changesOf(vf.commands).length, 'the process was asked').toBe(asked + 1);
    }
    expect(await ask(weft, 'GET', VF)).toEqual(before);
  });

  it('treats a missing item as removed already', async () => {
    const { weft } = panel();
    expect(await ask(weft, 'DELETE', `${COMPONENTS}/nosuch`)).toEqual(NOTHING);
    await done(weft, 'POST', COMPONENTS, { name: 'other', core: 5, type: 'forward' });
    const detach = { action: 'detach', port: 'ring:5', dir: 'rx' };
    expect(await ask(weft, 'PUT', `${COMPONENTS}/other/ports`, detach)).toEqual(NOTHING);
  });

  it('is a 400 for an nfv too, and leaves its status unchanged', async () => {
    const { weft, nfv } = panel();
    await done(weft, 'PUT', `${NFV}/ports`, { action: 'add', port: 'ring:0' });
    const before = await ask(weft, 'GET', NFV);
    const requests: [string, unknown, string][] = [
      [`${NFV}/ports`, { action: 'add', port: 'ring:99' }, 'it did not add ring:99'],
      [`${NFV}/ports`, { action: 'add', port: 'ring:0' }, ''],
      [`${NFV}/ports`, { action: 'del', port: 'ring:5' }, 'it has no port ring:5'],
      [`${NFV}/patches`, { src: 'ring:0', dst: 'ring:7' }, 'it did not patch ring:0 to ring:7'],
    ];
    for (const [path, body, words] of requests) {
      const answer = await ask(weft, 'PUT', path, body);
      if (era === '2020') {
        expect(answer, JSON.stringify(body)).toMatchObject({
          status: 400,
          text: expect.stringMatching(/^command error: ./),
        });
      } else {
        // An old process that already has it cannot show by its status whether it refused the command.
        expect(answer, JSON.stringify(body)).toEqual(words === '' ? NOTHING : error(400, `command error: ${words}`));
      }
    }
    expect(await ask(weft, 'GET', NFV)).toEqual(before);
    expect([nfv.condition, nfv.connections]).toEqual(['running', 1]);
  });
});

describe('an invalid request', () => {
  it('is a 400 with the text of spp-ctl, before any process is contacted', async () => {
    const { weft, vf, nfv, primary } = await aPanel('2020');
    const attach = { action: 'attach', port: 'ring:0', dir: 'rx' };
    const add = { action: 'add', type: 'mac', mac_address: MAC, port: 'ring:0' };
    const requests: [string, string, unknown, string][] = [
      ['POST', COMPONENTS, { core: 3, type: 'forward' }, 'key(name) required.'],
      ['POST', COMPONENTS, { name: 'x' }, 'key(core) required.'],
      ['POST', COMPONENTS, { name: 'x', core: 3 }, 'key(type) required.'],
      ['POST', COMPONENTS, { name: 7, core: 3, type: 'forward' }, 'invalid key(name): 7.'],
      ['POST', COMPONENTS, { name: 'a b', core: 3, type: 'forward' }, 'invalid key(name): a b.'],
      ['POST', COMPONENTS, { name: 'a;b', core: 3, type: 'forward' }, 'invalid key(name): a;b.'],
      ['POST', COMPONENTS, { name: '', core: 3, type: 'forward' }, 'invalid key(name): .'],
      ['POST', COMPONENTS, { name: 'x'.repeat(32), core: 3, type: 'forward' }, `invalid key(name): ${'x'.repeat(32)}.`],
      ['POST', COMPONENTS, { name: 'x', core: '3', type: 'forward' }, 'invalid key(core): 3.'],
      ['POST', COMPONENTS, { name: 'x', core: 1.5, type: 'forward' }, 'invalid key(core): 1.5.'],
      ['POST', COMPONENTS, { name: 'x', core: -1, type: 'forward' }, 'invalid key(core): -1.'],
      ['POST', COMPONENTS, { name: 'x', core: true, type: 'forward' }, 'invalid key(core): true.'],
      ['POST', COMPONENTS, { name: 'x', core: 3, type: 'bridge' }, 'invalid key(type): bridge.'],
      ['POST', COMPONENTS, 'not json', 'Not in json format.'],
      ['POST', COMPONENTS, '', 'Not in json format.'],
      ['POST', COMPONENTS, undefined, 'Not in json format.'],
      ['POST', COMPONENTS, '[]', 'key(name) required.'],
      ['POST', COMPONENTS, '"x"', 'key(name) required.'],
      ['POST', COMPONENTS, 'null', 'key(name) required.'],
      ['DELETE', `${COMPONENTS}/a%20b`, undefined, 'invalid key(name): a b.'],
      ['PUT', PORTS, { port: 'ring:0', dir: 'rx' }, 'key(action) required.'],
      ['PUT', PORTS, { action: 'attach', dir: 'rx' }, 'key(port) required.'],
      ['PUT', PORTS, { action: 'attach', port: 'ring:0' }, 'key(dir) required.'],
      ['PUT', PORTS, { ...attach, action: 'add' }, 'invalid key(action): add.'],
      ['PUT', PORTS, { ...attach, dir: 'both' }, 'invalid key(dir): both.'],
      ['PUT', PORTS, { ...attach, port: 'eth:0' }, 'invalid key(port): eth:0.'],
      ['PUT', PORTS, { ...attach, port: 'ring:-1' }, 'invalid key(port): ring:-1.'],
      ['PUT', PORTS, { ...attach, port: 'ring: 1' }, 'invalid key(port): ring: 1.'],
      ['PUT', PORTS, { ...attach, port: 7 }, 'invalid key(port): 7.'],
      ['PUT', PORTS, { ...attach, vlan: { operation: 'swap' } }, 'invalid key(vlan): {"operation":"swap"}.'],
      [
        'PUT',
        PORTS,
        { ...attach, vlan: { operation: 'add', id: 4096, pcp: 0 } },
        'invalid key(vlan): {"operation":"add","id":4096,"pcp":0}.',
      ],
      [
        'PUT',
        PORTS,
        { ...attach, vlan: { operation: 'add', id: 1, pcp: 8 } },
        'invalid key(vlan): {"operation":"add","id":1,"pcp":8}.',
      ],
      [
        'PUT',
        PORTS,
        { ...attach, vlan: { operation: 'add', id: 1 } },
        'invalid key(vlan): {"operation":"add","id":1}.',
      ],
      ['PUT', TABLE, { ...add, mac_address: undefined }, 'key(mac_address) required.'],
      ['PUT', TABLE, { ...add, action: 'set' }, 'invalid key(action): set.'],
      ['PUT', TABLE, { ...add, type: 'ip' }, 'invalid key(type): ip.'],
      ['PUT', TABLE, { ...add, mac_address: '12345' }, 'invalid key(mac_address): 12345.'],
      ['PUT', TABLE, { ...add, mac_address: `${MAC}:36` }, `invalid key(mac_address): ${MAC}:36.`],
      ['PUT', TABLE, { ...add, type: 'vlan' }, 'invalid key(vlan): null.'],
      ['PUT', TABLE, { ...add, type: 'vlan', vlan: '475' }, 'invalid key(vlan): 475.'],
      ['PUT', TABLE, { ...add, type: 'vlan', vlan: 4096 }, 'invalid key(vlan): 4096.'],
      ['PUT', `${NFV}/forward`, {}, 'key(action) required.'],
      ['PUT', `${NFV}/forward`, { action: 'pause' }, 'invalid key(action): pause.'],
      ['PUT', `${NFV}/ports`, { port: 'ring:0' }, 'key(action) required.'],
      ['PUT', `${NFV}/ports`, { action: 'add' }, 'key(port) required.'],
      ['PUT', `${NFV}/ports`, { action: 'move', port: 'ring:0' }, 'invalid key(action): move.'],
      ['PUT', `${NFV}/patches`, { src: 'phy:0' }, 'key(dst) required.'],
      ['PUT', `${NFV}/patches`, { dst: 'phy:0' }, 'key(src) required.'],
      ['PUT', `${NFV}/patches`, { src: 'x:0', dst: 'phy:1' }, 'invalid key(port): x:0.'],
      ['PUT', `${NFV}/patches`, { src: 'phy:0', dst: 'phy:' }, 'invalid key(port): phy:.'],
    ];
    for (const [method, path, body, words] of requests) {
      expect(await ask(weft, method, path, body), `${method} ${path} ${JSON.stringify(body)}`).toEqual(
        error(400, words),
      );
    }
    for (const standIn of [vf, nfv, primary]) expect(changesOf(standIn.commands)).toEqual([]);
  });

  it('is a 404 for a missing process, whatever the body', async () => {
    const { weft } = await aPanel('2020');
    const paths: [string, string, string][] = [
      ['GET', '/v1/vfs/9', 'sec_id 9 not found.'],
      ['GET', '/v1/vfs/-1', 'sec_id -1 not found.'],
      ['GET', '/v1/vfs/0', 'sec_id 0 not found.'],
      ['GET', '/v1/vfs/2', 'sec_id 2 not found.'],
      ['GET', '/v1/nfvs/1', 'sec_id 1 not found.'],
      ['POST', '/v1/vfs/9/components', 'sec_id 9 not found.'],
      ['PUT', '/v1/vfs/9/components/fwd/ports', 'sec_id 9 not found.'],
      ['DELETE', '/v1/vfs/9/components/fwd', 'sec_id 9 not found.'],
      ['PUT', '/v1/vfs/9/classifier_table', 'sec_id 9 not found.'],
      ['PUT', '/v1/nfvs/9/forward', 'sec_id 9 not found.'],
      ['PUT', '/v1/nfvs/9/ports', 'sec_id 9 not found.'],
      ['PUT', '/v1/nfvs/9/patches', 'sec_id 9 not found.'],
      ['DELETE', '/v1/nfvs/9/patches', 'sec_id 9 not found.'],
      ['GET', '/v1/vfs/abc', "Not found: '/abc'"],
      ['GET', '/v1/vfs', "Not found: '/'"],
      ['GET', '/v1/primary', "Not found: '/'"],
      ['GET', '/v1/nothing', "Not found: '/nothing'"],
      ['PUT', '/v1/vfs/1/nothing', "Not found: '/1/nothing'"],
    ];
    for (const [method, path, words] of paths) {
      const body = method === 'GET' ? undefined : 'not json';
      expect(await ask(weft, method, path, body), `${method} ${path}`).toEqual(error(404, words));
    }
  });

  it('is 404 for a primary that is not connected', async () => {
    const weft = await LocalWeft.start();
    aVf('seed-18.05', 1);
    await connected(weft, 1);
    for (const method of ['GET', 'DELETE']) {
      expect(await ask(weft, method, '/v1/primary/status')).toEqual(error(404, 'primary not found.'));
    }
    expect((await ask(weft, 'GET', '/v1/processes')).text).toBe('[{"type":"vf","client-id":1}]');
  });
});

describe('other methods', () => {
  const panel = shared(() => aPanel('seed-18.05'));

  it('are a 405 with Allow', async () => {
    const { weft } = panel();
    const requests: [string, string, string][] = [
      ['POST', '/v1/processes', 'GET, HEAD'],
      ['POST', VF, 'GET, DELETE, HEAD'],
      ['OPTIONS', VF, 'GET, DELETE, HEAD'],
      ['GET', COMPONENTS, 'POST'],
      ['GET', PORTS, 'PUT'],
      ['POST', TABLE, 'PUT'],
      ['GET', `${NFV}/patches`, 'PUT, DELETE'],
      ['PATCH', '/v1/primary/status', 'GET, DELETE, HEAD'],
    ];
    for (const [method, path, allow] of requests) {
      const { headers, ...answer } = await send(weft, method, path);
      expect(answer, `${method} ${path}`).toEqual(error(405, 'Method not allowed.'));
      expect(headers.get('allow'), `${method} ${path}`).toBe(allow);
    }
  });

  it('do not include HEAD, which answers like GET without the body', async () => {
    const { weft } = panel();
    for (const path of ['/v1/processes', VF, NFV, '/v1/primary/status']) {
      const { headers: _, ...answer } = await send(weft, 'HEAD', path);
      expect(answer, path).toEqual({ status: 200, type: 'application/json', text: '' });
    }
    expect(await send(weft, 'HEAD', '/v1/vfs/9')).toMatchObject({ status: 404, text: '' });
  });
});

describe('a large body', () => {
  const panel = shared(() => aPanel('seed-18.05'));

  it('is accepted up to a mebibyte, and is a 413 beyond it', async () => {
    const { weft } = panel();
    const body = '{"name":"fwd","core":2,"type":"forward"}';
    const tooLarge = await send(weft, 'POST', COMPONENTS, body.padEnd(1024 * 1024 + 1), JSON_TYPE);
    expect(tooLarge).toMatchObject(error(413, 'The body is larger than 1 MiB'));
    expect(await send(weft, 'POST', COMPONENTS, body.padEnd(1024 * 1024), JSON_TYPE)).toMatchObject(NOTHING);
    expect(await ask(weft, 'GET', VF)).toMatchObject({ status: 200 });
  });

  it('is 413 to a client that sends all of it before it reads', async () => {
    const { weft } = panel();
    for (let ordinal = 0; ordinal < 10; ordinal += 1) {
      const answer = await send(weft, 'PUT', TABLE, 'x'.repeat(3 * 1024 * 1024)).catch(({ cause }) => cause);
      expect(answer).toMatchObject(error(413, 'The body is larger than 1 MiB'));
    }
  });

  it('is a 400 if it is not text', async () => {
    const { weft } = panel();
    const rubbish = new Uint8Array([0xff, 0xfe, 0x80, 0x7b]);
    expect(await send(weft, 'POST', COMPONENTS, rubbish)).toMatchObject(error(400, 'Not in json format.'));
  });
});

describe('an unknown member of a request', () => {
  it('is ignored and named in a warning, whatever the Content-Type', async () => {
    const { weft } = await aPanel('2020');
    for (const type of [JSON_TYPE, 'text/plain', FORM]) {
      const answer = await send(weft, 'PUT', `${NFV}/forward`, '{"action":"start","color":"red"}', type);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('warning')).toBe('299 - "unknown members ignored: /color"');
    }
  });
});
