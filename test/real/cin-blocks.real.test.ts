import { afterEach, beforeEach, expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { addresses, clearIsolation } from '../support/addressing.ts';
import { ip } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';

/* The networks that CINs take, on a host that uses some. */

beforeEach(() => {
  ip('link', 'add', 'uplink', 'type', 'bridge');
  ip('link', 'set', 'uplink', 'up');
});

afterEach(clearIsolation);

/** CENs of one container each, made: na, nb, … */
async function censMade(...names: readonly string[]): Promise<LocalWeft> {
  const weft = await LocalWeft.start();
  const cenList = names.map((name) => ({ cenID: `n${name}`, containerIDs: [name] }));
  await weft.request('POST', '/cen/import', { cenList });
  const cens = cenList.map(({ cenID }) => cenID);
  expect((await weft.request('POST', '/cen/make', cens, waiting)).status).toBe(200);
  return weft;
}

function use(verb: 'add' | 'delete', kind: 'address' | 'route', network: string): void {
  ip(kind, verb, network, 'dev', 'uplink');
}

const cidrOf = async (weft: LocalWeft, cin: string) => (await weft.request('GET', `/cin/${cin}`)).body.cidr;

it('a CIN takes none that an address or a route of the host is in', async () => {
  use('add', 'address', '10.10.7.1/24');
  use('add', 'route', '10.12.0.0/14');
  const weft = await censMade('a', 'b');
  await weft.request('POST', '/cin/import', { x: ['na'], y: ['nb'] });
  expect([await cidrOf(weft, 'x'), await cidrOf(weft, 'y')]).toEqual(['10.11.0.0/16', '10.16.0.0/16']);
  expect((await weft.request('POST', '/cin/make', ['x', 'y'], waiting)).status).toBe(200);
  expect(addresses('b')).toEqual(['nb 10.16.0.10/16']);
});

/** What the host uses, and an overlapping block. */
const overlaps = [
  ['address', '172.20.7.1/24', '172.20.0.0/16'],
  // To a part of the block, and to more than it.
  ['route', '172.21.128.0/20', '172.21.0.0/16'],
  ['route', '172.24.0.0/13', '172.25.0.0/16'],
] as const;

it('a CIN is not imported with one that an address or a route of the host is in', async () => {
  for (const [kind, network] of overlaps) use('add', kind, network);
  const weft = await censMade('a');
  for (const [kind, network, cidr] of overlaps) {
    const refused = await weft.request('POST', '/cin/import', { x: { cens: ['na'], cidr } });
    const user = kind === 'route' ? `route to ${network}` : `address ${network}`;
    const detail = `/x/cidr overlaps what the host uses: ${user}`;
    expect([refused.status, refused.body.detail]).toEqual([422, detail]);
  }
  expect((await weft.request('GET', '/cin/x')).status).toBe(404);
  expect((await weft.request('POST', '/cin/import', { x: { cens: ['na'], cidr: '172.22.0.0/16' } })).status).toBe(200);
});

it('a CIN is not made with one that the host uses since its import, until it does no longer', async () => {
  const weft = await censMade('a');
  for (const [kind, network, cidr] of overlaps) {
    const imported = await weft.request('POST', '/cin/import', { x: { cens: ['na'], cidr } });
    expect(imported.status).toBe(200);
    use('add', kind, network);
    const before = [addresses(null), addresses('a')];
    const refused = await weft.request('POST', '/cin/make', ['x'], waiting);
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining(network)]);
    expect([addresses(null), addresses('a')]).toEqual(before);
    use('delete', kind, network);
    expect((await weft.request('POST', '/cin/make', ['x'], waiting)).status).toBe(200);
    const start = cidr.replace('.0.0/16', '');
    expect([addresses(null), addresses('a')]).toEqual([[`na ${start}.0.1/16`], [`na ${start}.0.10/16`]]);
    expect((await weft.request('DELETE', '/cin/x')).status).toBe(200);
  }
});
