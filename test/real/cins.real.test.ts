import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import {
  addresses,
  addressPicture,
  clearIsolation,
  defaultRoutes,
  everyAddress,
  isolationOf,
} from '../support/addressing.ts';
import { echoes, startEchoServers } from '../support/echo.ts';
import { ip, links, macOf, namespaces, pings } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { inWords, passing } from '../support/reachability.ts';
import { until } from '../support/until.ts';

afterEach(clearIsolation);

const exampleCins = { cin1: ['cen1'], cin2: ['cen2'] };

/** The seed's example, made. */
async function exampleMade(): Promise<LocalWeft> {
  const weft = await LocalWeft.start();
  await weft.request('POST', '/cen/import', example);
  expect((await weft.request('POST', '/cen/make', exampleCens, waiting)).status).toBe(200);
  expect((await weft.request('POST', '/cin/import', exampleCins)).status).toBe(200);
  expect((await weft.request('POST', '/cin/make', ['cin1', 'cin2'], waiting)).status).toBe(200);
  return weft;
}

/** Whoever writes this switches forwarding on for every link. */
function switchForwardingOn(): void {
  for (const value of ['0', '1']) writeFileSync('/proc/sys/net/ipv4/ip_forward', value);
}

describe('the seed’s example', () => {
  const cin1 = { c1: '10.10.0.10', c2: '10.10.0.11', c13: '10.10.0.12', c14: '10.10.0.13' };
  const cin2 = { c4: '10.11.0.10', c5: '10.11.0.11', c6: '10.11.0.12', c7: '10.11.0.13' };
  const all = { ...cin1, ...cin2 };

  it('gives every container its address, and the gateways', async () => {
    await exampleMade();
    expect(addresses(null)).toEqual(['cen1 10.10.0.1/16', 'cen2 10.11.0.1/16']);
    for (const [container, address] of Object.entries(all)) {
      const [b, cen] = container in cin1 ? [10, 'cen1'] : [11, 'cen2'];
      expect(addresses(container)).toEqual([`${cen} ${address}/16`]);
      expect(defaultRoutes(container)).toEqual([`10.${b}.0.1`]);
    }
  });

  it('lets any two containers of a CIN talk, over TCP too, and none with one of another CIN, although the host forwards', async () => {
    await exampleMade();
    const names = Object.keys(all);
    await startEchoServers(names);
    switchForwardingOn();
    const ownOf = (name: string) => Object.values(name in cin1 ? cin1 : cin2);
    const othersOf = (name: string) => Object.values(name in cin1 ? cin2 : cin1);
    // To all addresses from each.
    const ways = names.flatMap((name) => Object.values(all).map((address) => [name, address] as const));
    const own = ways.filter(([name, address]) => ownOf(name).includes(address));
    expect(own).toHaveLength(32);
    const pinged = await passing(ways);
    const heard = await Promise.all(
      names.map(async (name) => [await echoes(name, ownOf(name)), await echoes(name, othersOf(name), 500)]),
    );
    expect({ pinged, heard }).toEqual({ pinged: own.map(inWords), heard: names.map((name) => [ownOf(name), []]) });
  });

  it('has gateways that answer their own containers, and no others', async () => {
    await exampleMade();
    switchForwardingOn();
    expect(pings('c1', '10.11.0.1')).toBe(false);
    expect(pings('c1', '10.10.0.1')).toBe(true);
    // Not even ARP is answered for the other gateway.
    ip('-n', 'c1', 'route', 'add', '10.11.0.1', 'dev', 'cen1');
    expect(pings('c1', '10.11.0.1')).toBe(false);
    expect(ip('-n', 'c1', 'neighbour', 'show', '10.11.0.1')).toMatch(/FAILED|INCOMPLETE/);
  });

  it('is without addresses after a destroy, and with the same ones when it is made again', async () => {
    const weft = await exampleMade();
    const before = everyAddress();
    expect((await weft.request('POST', '/cin/destroy', ['cin1', 'cin2'], waiting)).status).toBe(200);
    expect(Object.values(everyAddress()).flat()).toEqual([]);
    expect(defaultRoutes('c1')).toEqual([]);
    expect(await isolationOf(weft)).toBe('');
    await weft.request('POST', '/cin/make', ['cin1', 'cin2'], waiting);
    expect(everyAddress()).toEqual(before);
  });

  it('has the same addresses after a restart, and after a reboot that leaves nothing', async () => {
    const weft = await exampleMade();
    const before = everyAddress();
    const gateways = ['cen1', 'cen2'].map((bridge) => macOf(null, bridge));
    await weft.stop();
    await weft.restart();
    expect(everyAddress()).toEqual(before);
    await weft.stop();
    for (const { ifname } of links(null)) if (/^cen\d$/.test(ifname)) ip('link', 'delete', ifname);
    for (const name of namespaces()) ip('netns', 'delete', name);
    execFileSync('nft', ['flush', 'ruleset']);
    await weft.restart();
    await until('every address is back', () => JSON.stringify(everyAddress()) === JSON.stringify(before));
    expect(['cen1', 'cen2'].map((bridge) => macOf(null, bridge))).toEqual(gateways);
    expect(gateways[0]).not.toBe(gateways[1]);
    await until('the CINs are isolated again', () => !pings('c1', '10.11.0.1'));
    expect(pings('c1', '10.10.0.13')).toBe(true);
  });
});

it('a container that joins has its address at once, and 100 at the same time have 100', async () => {
  const weft = await LocalWeft.start();
  await weft.request('PUT', '/cen/lan');
  await weft.request('POST', '/cen/make', ['lan'], waiting);
  await weft.request('POST', '/cin/import', { net: ['lan'] });
  await weft.request('POST', '/cin/make', ['net'], waiting);
  expect(addresses(null)).toEqual(['lan 10.10.0.1/16']);
  const names = Array.from({ length: 100 }, (_, number) => `c${number}`);
  const answers = await Promise.all(names.map((name) => weft.request('PUT', `/host/host1/${name}/lan`)));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const given = async () => (await addressPicture()).filter((line) => line.includes('/lan '));
  const before = await given();
  expect(new Set(before.map((line) => line.split(' ')[1])).size).toBe(101);
  const freed = before.find((line) => line.startsWith('c5/'))?.split(/[ /]/)[2] ?? '';
  expect(pings('c6', freed)).toBe(true);
  await weft.request('DELETE', '/host/host1/c5/lan');
  await weft.request('PUT', '/host/host1/late/lan');
  expect(await given()).toEqual(before.map((line) => line.replace(/^c5\//, 'late/')).sort());
  // A neighbour that knew the address of the other one a moment ago reaches the new one within a second.
  await until('the new container is reached', () => pings('c6', freed), 3_000);
});

it('a CIN over several CENs is one network, in which a container in two of them has one address', async () => {
  const weft = await LocalWeft.start();
  const cenList = [
    { cenID: 'n1', containerIDs: ['a', 'b'] },
    { cenID: 'n2', containerIDs: ['b', 'c'] },
    { cenID: 'n3', containerIDs: ['d'] },
  ];
  await weft.request('POST', '/cen/import', { cenList });
  await weft.request('POST', '/cen/make', ['n1', 'n2', 'n3'], waiting);
  await weft.request('POST', '/cin/import', { net: ['n1', 'n2', 'n3'] });
  await weft.request('POST', '/cin/make', ['net'], waiting);
  expect(addresses('b')).toEqual(['n1 10.10.0.11/16']);
  expect(pings('d', '10.10.0.1')).toBe(true);
  expect(['10.10.0.11', '10.10.0.12', '10.10.0.13', '10.10.0.1'].filter((address) => !pings('a', address))).toEqual([]);
  // Only the interface that has the address answers for it, although the other one is in the same network.
  for (const neighbour of ['a', 'c', 'd']) {
    ip('-n', neighbour, 'neighbour', 'flush', 'all');
    expect(pings(neighbour, '10.10.0.11')).toBe(true);
    expect(ip('-n', neighbour, 'neighbour', 'show', '10.10.0.11')).toContain(` lladdr ${macOf('b', 'n1')} `);
  }
  // Without the first CEN the others go on: the gateway moves.
  await weft.request('POST', '/cen/destroy', ['n1'], waiting);
  expect(addresses(null)).toEqual(['n2 10.10.0.1/16']);
  expect(addresses('b')).toEqual(['n2 10.10.0.11/16']);
  // Its neighbours knew the gateway behind another bridge a moment ago.
  await until('the gateway is reached', () => pings('d', '10.10.0.1'), 3_000);
  expect(pings('d', '10.10.0.11')).toBe(true);
  await weft.request('POST', '/cin/import', { net: ['n1', 'n2'] }, waiting);
  expect(addresses('d')).toEqual([]);
  expect((await weft.request('DELETE', '/cin/net')).status).toBe(200);
  expect(Object.values(everyAddress()).flat()).toEqual([]);
});

it('a gateway keeps its hardware address when its bridge does not, and when somebody changes it', async () => {
  const weft = await LocalWeft.start({ times: { scan: 100 } });
  // Each stays a bridge without a CIN.
  const cenList = ['n1', 'n2', 'n3'].map((cenID) => ({ cenID, containerIDs: ['a', 'b', 'c'].map((c) => cenID + c) }));
  await weft.request('POST', '/cen/import', { cenList });
  await weft.request('POST', '/cen/make', ['n1', 'n2', 'n3'], waiting);
  await weft.request('POST', '/cin/import', { net: ['n1', 'n2', 'n3'] });
  await weft.request('POST', '/cin/make', ['net'], waiting);
  const known = () => {
    ip('-n', 'n3a', 'neighbour', 'flush', 'all');
    expect(pings('n3a', '10.10.0.1')).toBe(true);
    return /lladdr (\S+)/.exec(ip('-n', 'n3a', 'neighbour', 'show', '10.10.0.1'))?.[1] ?? '';
  };
  const before = known();
  expect(before).toBe(macOf(null, 'n1'));
  // An entry that nothing but a person changes stays valid.
  ip('-n', 'n3a', 'neighbour', 'replace', '10.10.0.1', 'lladdr', before, 'dev', 'n3', 'nud', 'permanent');
  await weft.request('POST', '/cin/import', { net: ['n2', 'n3'] }, waiting);
  expect(addresses(null)).toEqual(['n2 10.10.0.1/16']);
  expect([macOf(null, 'n2'), macOf(null, 'n1') === before]).toEqual([before, false]);
  expect(pings('n3a', '10.10.0.1')).toBe(true);
  ip('-n', 'n3a', 'neighbour', 'delete', '10.10.0.1', 'dev', 'n3');
  expect(known()).toBe(before);
  await weft.request('POST', '/cin/destroy', ['net'], waiting);
  expect(macOf(null, 'n2')).not.toBe(before);
  await weft.request('POST', '/cin/make', ['net'], waiting);
  expect(macOf(null, 'n2')).toBe(before);
  await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
  ip('link', 'set', 'n2', 'address', '02:00:00:00:00:01');
  await until('the hardware address is repaired', () => macOf(null, 'n2') === before);
  await until('the gateway is reached', () => pings('n3a', '10.10.0.1'), 3_000);
});
