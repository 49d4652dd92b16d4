import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ip, macOf, pings, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import { until } from '../../../test/support/until.ts';
import { type AddressChange, type Addressing, type NetnsDriver, openNetnsDriver } from './driver.ts';
import { openNetnsViewer } from './viewer.ts';

const LABEL = 'weft:test/addressing';
const GATEWAY = '10.9.0.1';
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

/** A bridge with a container for each name, whose interface is `eth0`. */
async function network(bridge: string, first: number, ...names: readonly string[]): Promise<void> {
  await driver.createBridge({ name: bridge, alias: `${LABEL}/${bridge}`, mac: macOf(first) });
  await bench.makeNamespaces(...names);
  for (const [position, name] of names.entries()) await join(bridge, name, 'eth0', first + 2 * position + 1);
}

async function join(bridge: string, name: string, inside: string, number: number): Promise<void> {
  const outside = bench.end(null, `${name}.${bridge}`, number + 1, bridge);
  await driver.createVeth({ ends: [bench.end(name, inside, number), outside] });
}

const inside = (name: string, link = 'eth0') => `${LABEL}/${name}/${link}`;

function add(name: string, address: string, link?: string): AddressChange {
  return { alias: inside(name, link), add: { address, prefix: 16 } };
}

function remove(name: string, address: string, link?: string): AddressChange {
  return { alias: inside(name, link), remove: { address, prefix: 16 } };
}

const via = (name: string, gateway = GATEWAY, link?: string): AddressChange => ({
  defaultRoute: { via: gateway, alias: inside(name, link) },
});

const gatewayOf = (bridge: string, address = GATEWAY) => ({
  namespace: null,
  changes: [{ alias: `${LABEL}/${bridge}`, add: { address, prefix: 16 } }],
});

async function addressingOf(name: string): Promise<Addressing> {
  const { namespaces } = await driver.view([name], undefined, { namespaces: [name], host: false });
  const addressing = namespaces[0]?.addressing;
  if (!addressing) throw new Error(`the addressing of ${name} was not read`);
  return addressing;
}

const addressesOf = async (name: string) =>
  (await addressingOf(name)).addresses.flatMap(({ address, prefix, scope }) =>
    scope === 0 ? [`${address}/${prefix}`] : [],
  );

const defaultsOf = async (name: string) =>
  (await addressingOf(name)).routes.flatMap(({ prefix, gateway, protocol, metric }) =>
    prefix === 0 ? [`${gateway} protocol ${protocol} metric ${metric}`] : [],
  );

describe('addresses', () => {
  test('two containers and their gateway reach each other, however often the call is repeated', async () => {
    await network('ab0', 0x10, 'aa', 'ab');
    const requests = [
      gatewayOf('ab0'),
      { namespace: 'aa', changes: [add('aa', '10.9.0.10'), via('aa')] },
      { namespace: 'ab', changes: [add('ab', '10.9.0.11'), via('ab')] },
    ];
    for (let turn = 0; turn < 2; turn += 1) {
      await driver.addressAll(requests);
      expect(pings('aa', '10.9.0.11')).toBe(true);
      expect(pings('ab', GATEWAY)).toBe(true);
      expect(await addressesOf('aa')).toEqual(['10.9.0.10/16']);
      expect(await defaultsOf('ab')).toEqual([`${GATEWAY} protocol 87 metric 0`]);
    }
    expect(ip('-n', 'aa', 'neigh', 'show', '10.9.0.10')).toBe('');
    expect(ip('-n', 'aa', 'route', 'get', '192.0.2.1')).toContain(`via ${GATEWAY} dev eth0 src 10.9.0.10`);
  });

  test('are removed again, also when they are gone already', async () => {
    await network('ab0', 0x10, 'aa');
    await driver.address(gatewayOf('ab0'));
    await driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), via('aa')] });
    const gateway = { alias: `${LABEL}/ab0`, remove: { address: GATEWAY, prefix: 16 } };
    for (let turn = 0; turn < 2; turn += 1) {
      const changes = [{ defaultRoute: { remove: { via: GATEWAY } } }, remove('aa', '10.9.0.10')];
      await driver.addressAll([
        { namespace: 'aa', changes },
        { namespace: null, changes: [gateway] },
      ]);
      const { addresses, routes } = await addressingOf('aa');
      expect([addresses.map(({ address }) => address), routes]).toEqual([['127.0.0.1'], []]);
      expect(ip('-4', 'address', 'show', 'dev', 'ab0')).toBe('');
    }
  });

  test('with another prefix are others, and a network is exchanged in one call', async () => {
    await network('ab0', 0x10, 'aa');
    await driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), via('aa')] });
    await driver.address({ namespace: 'aa', changes: [{ ...remove('aa', '10.9.0.10'), remove: wide('10.9.0.10') }] });
    expect(await addressesOf('aa')).toEqual(['10.9.0.10/16']);
    const changes = [remove('aa', '10.9.0.10'), add('aa', '10.8.0.10'), via('aa', '10.8.0.1')];
    await driver.address({ namespace: 'aa', changes });
    expect(await addressesOf('aa')).toEqual(['10.8.0.10/16']);
    expect(await defaultsOf('aa')).toEqual(['10.8.0.1 protocol 87 metric 0']);
  });

  test('a missing link or namespace, before anything is changed', async () => {
    await network('ab0', 0x10, 'aa');
    for (const change of [
      add('aa', '10.9.0.11', 'eth9'),
      remove('aa', '10.9.0.11', 'eth9'),
      via('aa', GATEWAY, 'eth9'),
    ]) {
      const call = driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), change] });
      expect(await refusalOf(call)).toMatchObject({
        code: 'missing',
        message: `change addresses in namespace aa: no link in namespace aa bears the alias "${inside('aa', 'eth9')}"`,
      });
    }
    expect(await addressesOf('aa')).toEqual([]);
    expect((await addressingOf('aa')).strictArp).toBe(false);
    const nowhere = driver.address({ namespace: 'nowhere', changes: [add('aa', '10.9.0.10')] });
    expect(await refusalOf(nowhere)).toMatchObject({ code: 'missing' });
  });

  test('of a link of another kind are left alone, and impossible ones are refused', async () => {
    await network('ab0', 0x10, 'aa');
    const loopback = { alias: `${LABEL}/aa`, add: { address: '10.9.0.10', prefix: 16 } };
    const refused = await refusalOf(driver.address({ namespace: 'aa', changes: [loopback] }));
    expect(refused).toMatchObject({ code: 'foreign' });
    const impossible: [string | null, AddressChange[]][] = [
      ['aa', [add('aa', '10.9.0.256')]],
      ['aa', [{ alias: inside('aa'), add: { address: '10.9.0.1', prefix: 33 } }]],
      ['aa', [via('aa', 'fd00::1')]],
      ['aa', [via('aa'), via('aa', '10.9.0.2')]],
      [null, [{ defaultRoute: { via: GATEWAY, alias: `${LABEL}/ab0` } }]],
    ];
    for (const [namespace, changes] of impossible) {
      expect(await refusalOf(driver.address({ namespace, changes }))).toMatchObject({ code: 'invalid' });
    }
  });

  test('half of which a kill has left are completed', async () => {
    await network('ab0', 0x10, 'aa');
    ip('netns', 'exec', 'aa', 'sysctl', '-q', 'net.ipv4.conf.all.arp_ignore=1');
    ip('-n', 'aa', 'address', 'add', '10.9.0.10/16', 'dev', 'eth0');
    expect((await addressingOf('aa')).strictArp).toBe(false);
    await driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), add('aa', '10.9.0.11'), via('aa')] });
    const { strictArp } = await addressingOf('aa');
    expect([strictArp, await addressesOf('aa')]).toEqual([true, ['10.9.0.10/16', '10.9.0.11/16']]);
    expect(readFileSync('/proc/sys/net/ipv4/conf/all/arp_announce', 'utf8')).toBe('0\n');
  });

  test('are not changed after the expiry', async () => {
    await network('ab0', 0x10, 'aa');
    const expires = new BigInt64Array(new SharedArrayBuffer(8));
    const late = await openNetnsDriver({ expires });
    onTestFinished(() => late.close());
    const refused = await refusalOf(late.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10')] }));
    expect(refused.code).toBe('expired');
    expect(await addressesOf('aa')).toEqual([]);
    expect((await addressingOf('aa')).strictArp).toBe(false);
  });
});

const wide = (address: string) => ({ address, prefix: 8 });

describe('the default route', () => {
  test('of a tenant is kept, and the addresses are given nevertheless', async () => {
    await network('ab0', 0x10, 'aa');
    ip('-n', 'aa', 'address', 'add', '10.7.0.10/16', 'dev', 'eth0');
    ip('-n', 'aa', 'route', 'add', 'default', 'via', '10.7.0.1');
    const refused = await refusalOf(driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), via('aa')] }));
    expect(refused).toMatchObject({ code: 'exists' });
    expect(refused.detail).toBe('namespace aa has another default route via 10.7.0.1 (protocol 3), which is kept');
    expect(await defaultsOf('aa')).toEqual(['10.7.0.1 protocol 3 metric 0']);
    expect(await addressesOf('aa')).toEqual(['10.7.0.10/16', '10.9.0.10/16']);
    await driver.address({ namespace: 'aa', changes: [{ defaultRoute: { remove: { via: '10.7.0.1' } } }] });
    expect(await defaultsOf('aa')).toEqual(['10.7.0.1 protocol 3 metric 0']);
  });

  test('is set beside those of a tenant with another metric, and replaced when it is weft’s own', async () => {
    await network('ab0', 0x10, 'aa');
    await network('ab1', 0x20);
    await join('ab1', 'aa', 'eth1', 0x30);
    await driver.address({
      namespace: 'aa',
      changes: [add('aa', '10.9.0.10'), add('aa', '10.8.0.10', 'eth1'), via('aa')],
    });
    ip('-n', 'aa', 'route', 'add', 'default', 'via', '10.9.0.7', 'metric', '50');
    const tenants = '10.9.0.7 protocol 3 metric 50';
    await driver.address({ namespace: 'aa', changes: [via('aa', '10.8.0.1', 'eth1')] });
    expect(await defaultsOf('aa')).toEqual(['10.8.0.1 protocol 87 metric 0', tenants]);
    await driver.address({ namespace: 'aa', changes: [{ defaultRoute: { remove: { via: GATEWAY } } }] });
    expect(await defaultsOf('aa')).toEqual(['10.8.0.1 protocol 87 metric 0', tenants]);
    await driver.address({ namespace: 'aa', changes: [{ defaultRoute: { remove: { via: '10.8.0.1' } } }] });
    expect(await defaultsOf('aa')).toEqual([tenants]);
  });

  test('without a way to its gateway', async () => {
    await network('ab0', 0x10, 'aa');
    expect(await refusalOf(driver.address({ namespace: 'aa', changes: [via('aa')] }))).toMatchObject({
      code: 'missing',
      errno: 'ENETUNREACH',
    });
  });
});

describe('ARP', () => {
  const entry = (name: string, address: string) => ip('-n', name, 'neigh', 'show', address);

  test('a neighbour with an outdated entry learns a new container’s address without any traffic', async () => {
    await network('ab0', 0x10, 'aa', 'ab', 'ac');
    await driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10')] });
    await driver.address({ namespace: 'ab', changes: [add('ab', '10.9.0.11')] });
    expect(pings('aa', '10.9.0.11')).toBe(true);
    await driver.address({ namespace: 'ab', changes: [remove('ab', '10.9.0.11')] });
    expect(entry('aa', '10.9.0.11')).toContain(`lladdr ${macOf(0x13)}`);
    await driver.address({ namespace: 'ac', changes: [add('ac', '10.9.0.11')] });
    await until('it learnt the new one', () => entry('aa', '10.9.0.11').includes(`lladdr ${macOf(0x15)}`));
    expect(entry('ac', '10.9.0.11')).toBe('');
    expect(pings('aa', '10.9.0.11')).toBe(true);
  });

  test('only the interface that has the address answers, of two in one network', async () => {
    await network('ab0', 0x10, 'aa', 'ab');
    await network('ab1', 0x20, 'ac');
    const patch = [bench.end(null, 'ab0.ab1', 0x40, 'ab0'), bench.end(null, 'ab1.ab0', 0x41, 'ab1')] as const;
    await driver.createVeth({ ends: patch });
    await join('ab1', 'aa', 'eth1', 0x50);
    await driver.addressAll([
      { namespace: 'aa', changes: [add('aa', '10.9.0.10')] },
      { namespace: 'ab', changes: [add('ab', '10.9.0.11')] },
      { namespace: 'ac', changes: [add('ac', '10.9.0.12')] },
    ]);
    for (const neighbour of ['ab', 'ac']) {
      for (let turn = 0; turn < 4; turn += 1) {
        ip('-n', neighbour, 'neigh', 'flush', 'all');
        expect(pings(neighbour, '10.9.0.10')).toBe(true);
        expect(entry(neighbour, '10.9.0.10')).toContain(`lladdr ${macOf(0x11)}`);
      }
    }
  });
});

describe('a view', () => {
  test('contains the addressing of what was selected only, in the thread of the driver and in that of a viewer', async () => {
    await network('ab0', 0x10, 'aa', 'ab');
    await driver.address(gatewayOf('ab0'));
    await driver.address({ namespace: 'aa', changes: [add('aa', '10.9.0.10'), via('aa')] });
    ip(
      '-n',
      'aa',
      'route',
      'add',
      '192.0.2.0/24',
      'metric',
      '7',
      'nexthop',
      'via',
      '10.9.0.3',
      'nexthop',
      'via',
      '10.9.0.4',
    );
    ip('-n', 'aa', 'route', 'add', 'blackhole', '198.51.100.0/24', 'table', '254');
    ip('-n', 'aa', 'route', 'add', '203.0.113.0/24', 'dev', 'eth0', 'table', '1000');
    using viewer = openNetnsViewer();
    for (const seer of [driver, viewer]) {
      const { links, namespaces, addressing } = await seer.view('all', undefined, { namespaces: ['aa'], host: true });
      const [aa, ab] = ['aa', 'ab'].map((name) => namespaces.find((namespace) => namespace.name === name));
      const bridge = links.find(({ name }) => name === 'ab0')?.index;
      expect(addressing?.addresses).toContainEqual({ index: bridge, address: GATEWAY, prefix: 16, scope: 0 });
      expect(addressing).toMatchObject({
        routes: [{ destination: '10.9.0.0', prefix: 16, gateway: null, index: bridge, protocol: 2 }],
        strictArp: false,
      });
      expect(ab?.addressing).toBeNull();
      const index = aa?.links.find(({ name }) => name === 'eth0')?.index;
      const many = { destination: '192.0.2.0', prefix: 24, index, metric: 7, protocol: 3, table: 254 };
      expect(aa?.addressing?.strictArp).toBe(true);
      expect(aa?.addressing?.routes.toSorted((one, other) => one.prefix - other.prefix)).toEqual([
        { destination: '0.0.0.0', prefix: 0, gateway: GATEWAY, index, metric: 0, protocol: 87, table: 254 },
        { destination: '10.9.0.0', prefix: 16, gateway: null, index, metric: 0, protocol: 2, table: 254 },
        { ...many, gateway: '10.9.0.3' },
        { ...many, gateway: '10.9.0.4' },
        {
          ...{ destination: '198.51.100.0', prefix: 24, gateway: null, index: null },
          metric: 0,
          protocol: 3,
          table: 254,
        },
      ]);
      const plain = await seer.view(['aa']);
      expect([plain.addressing, plain.namespaces[0]?.addressing]).toEqual([null, null]);
    }
  });
});

test('the hardware address of a bridge is changed before the address that follows it, and stays when a port goes', async () => {
  await network('hb', 900, 'ha', 'hc');
  const alias = `${LABEL}/hb`;
  const mac = macOf(0xffff);
  const change = (changes: readonly AddressChange[]) => driver.addressAll([{ namespace: null, changes }]);
  await change([
    { alias, mac },
    { alias, add: { address: GATEWAY, prefix: 16 } },
  ]);
  ip('link', 'delete', 'ha.hb');
  expect(ip('link', 'show', 'dev', 'hb')).toContain(`link/ether ${mac}`);
  expect(await refusalOf(change([{ alias, mac: '02:00' }]))).toMatchObject({ code: 'invalid' });
  expect(await refusalOf(change([{ alias: `${alias}x`, mac }]))).toMatchObject({ code: 'missing' });
});
