import { afterEach, describe, expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { addresses, clearIsolation } from '../support/addressing.ts';
import { echoes, startEchoServers } from '../support/echo.ts';
import { ip, macOf } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { inWords, passing, type Way } from '../support/reachability.ts';
import { until } from '../support/until.ts';

/* What the neighbours of a container or a gateway know of its address, over changes through the API. */

/** A second is promised, on a machine with nothing else to do. */
const REACHED_MS = 3_000;

/** Of c, which others get after it. */
const FREED = '10.10.0.12';
const neighbours: readonly Way[] = ['a', 'b', 'far', null].map((from) => [from, FREED] as const);

afterEach(clearIsolation);

/** The CIN net over the CENs lan, with a, b and c, and there, with far; made. */
async function made(times = {}): Promise<LocalWeft> {
  const weft = await LocalWeft.start({ times });
  const cenList = [
    { cenID: 'lan', containerIDs: ['a', 'b', 'c'] },
    { cenID: 'there', containerIDs: ['far'] },
  ];
  await weft.request('POST', '/cen/import', { cenList });
  await weft.request('POST', '/cen/make', ['lan', 'there'], waiting);
  await weft.request('POST', '/cin/import', { net: ['lan', 'there'] });
  await succeed(weft, 'POST', '/cin/make', ['net']);
  return weft;
}

async function succeed(weft: LocalWeft, method: string, path: string, body?: unknown): Promise<void> {
  const { status } = await weft.request(method, path, body, waiting);
  expect([method, path, status]).toEqual([method, path, 200]);
}

describe('a new container with the address of another one', () => {
  /** All neighbours know the hardware address of c. */
  async function knowing(weft: LocalWeft): Promise<LocalWeft> {
    expect(addresses('c')).toEqual([`lan ${FREED}/16`]);
    expect(await passing(neighbours)).toEqual(neighbours.map(inWords));
    return weft;
  }

  /** Since the last answer. */
  async function isReached(namespace: string): Promise<void> {
    const begin = performance.now();
    expect(addresses(namespace)).toContainEqual(expect.stringContaining(` ${FREED}/16`));
    await until('all reach it', async () => (await passing(neighbours)).length === neighbours.length, REACHED_MS);
    expect(performance.now() - begin).toBeLessThan(REACHED_MS);
  }

  it('is reached by all neighbours within a second, although it only listens', async () => {
    const weft = await knowing(await made());
    await succeed(weft, 'PUT', '/host/host1/late');
    await startEchoServers(['late']);
    await succeed(weft, 'DELETE', '/host/host1/c/lan');
    await succeed(weft, 'PUT', '/host/host1/late/lan');
    await isReached('late');
    const heard = await Promise.all(['a', 'b', 'far'].map((name) => echoes(name, [FREED])));
    expect(heard).toEqual([[FREED], [FREED], [FREED]]);
  });

  it('is reached if it joins another CEN of the CIN', async () => {
    const weft = await knowing(await made());
    await succeed(weft, 'DELETE', '/host/host1/c');
    await succeed(weft, 'PUT', '/host/host1/late/there');
    await isReached('late');
  });

  it('is reached if it is one of a pool', async () => {
    const weft = await knowing(await made());
    await succeed(weft, 'DELETE', '/host/host1/c');
    const pool = { cpoolID: 'pool', type: 'netns', start_with: 3, cins: [{ cinID: 'net' }] };
    await succeed(weft, 'POST', '/cpool', { cpoolList: [pool] });
    await isReached('pool-1');
  });
});

it('the gateway has one hardware address, whatever happens to its containers and its bridge', async () => {
  const weft = await made({ scan: 100 });
  const gateway = macOf(null, 'lan') ?? '';
  const keep = () => {
    // It stays as it is, whatever is announced, for as long as the link is there.
    ip('-n', 'a', 'neighbour', 'replace', '10.10.0.1', 'lladdr', gateway, 'dev', 'lan', 'nud', 'permanent');
  };
  const isSame = async () => macOf(null, 'lan') === gateway && (await passing([['a', '10.10.0.1']])).length === 1;
  keep();
  for (const [method, path, body] of [
    ['PUT', '/host/host1/d/lan'],
    ['PUT', '/host/host1/e/lan'],
    ['DELETE', '/host/host1/b/lan'],
    ['DELETE', '/host/host1/c'],
    ['POST', '/cin/destroy', ['net']],
    ['POST', '/cin/make', ['net']],
    ['DELETE', '/host/host1/d'],
    ['DELETE', '/host/host1/e'],
  ] as const) {
    await succeed(weft, method, path, body);
    if (path === '/cin/destroy') expect(macOf(null, 'lan')).not.toBe(gateway);
    else expect([path, await isSame()]).toEqual([path, true]);
  }
  await succeed(weft, 'POST', '/cen/destroy', ['lan']);
  expect(macOf(null, 'there')).toBe(gateway);
  await succeed(weft, 'POST', '/cen/make', ['lan']);
  expect(macOf(null, 'there')).not.toBe(gateway);
  keep();
  expect(await isSame()).toBe(true);
  await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
  ip('link', 'delete', 'lan');
  await until('the bridge is made again', isBridged, 20_000);
  await until('the gateway is as it was', isSame, 20_000);
});

function isBridged(): boolean {
  try {
    return macOf(null, 'lan') !== undefined;
  } catch {
    return false;
  }
}
