import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ip,
  linkInWords,
  macOf,
  makeTunnel,
  pings,
  refusalOf,
  startPing,
  Workbench,
} from '../../../test/support/netns-workbench.ts';
import type { NetnsDriver, Replacement } from './driver.ts';

/* Two containers, `sa` and `sb`, whose eth0 is either an end of a wire or connected to a bridge. */

const LABEL = 'weft:test/replacement';
const NAMES = ['sa', 'sb'] as const;
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

beforeEach(async () => {
  await bench.makeNamespaces(...NAMES);
  for (const name of NAMES) ip('netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.conf.default.dad_transmits=0');
  await bench.makeBridge('sb0');
  await makeWire('wire', 'eth0', true);
  for (const [position, name] of NAMES.entries()) {
    addAddress(name, `10.9.2.${position + 1}/24`);
    addAddress(name, `10.9.2.${position + 101}/24`);
    addAddress(name, `fd00:9::${position + 1}/64`);
    ip('-n', name, 'route', 'add', '10.99.0.0/16', 'via', '10.9.2.254', 'metric', '7');
    ip('-n', name, 'route', 'add', 'default', 'via', '10.99.0.1', 'dev', 'eth0', 'onlink');
    ip('-n', name, 'route', 'add', '10.98.0.0/16', 'dev', 'eth0', 'src', `10.9.2.${position + 101}`, 'table', '77');
    ip('-n', name, '-6', 'route', 'add', 'fd00:99::/32', 'via', 'fd00:9::fe');
  }
  await settled();
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

function addAddress(namespace: string, address: string): void {
  const family = address.includes(':') ? ['nodad'] : [];
  ip('-n', namespace, 'address', 'add', address, 'dev', 'eth0', ...family);
}

function macAt(position: number): string {
  return macOf(0x10 + position);
}

/** A wire between the two, each end with the alias `<label>/<kind>.<namespace>`. */
async function makeWire(kind: string, name: string, up: boolean): Promise<void> {
  const ends = NAMES.map((namespace, position) => {
    return { namespace, name, alias: `${LABEL}/${kind}.${namespace}`, mac: macAt(position), up };
  });
  const [first, second] = ends;
  if (first === undefined || second === undefined) throw new Error('a wire has two ends');
  await driver.createVeth({ ends: [first, second] });
}

/** A veth from each of the two to the bridge, its inner end down. */
async function makePorts(name: string): Promise<void> {
  for (const [position, namespace] of NAMES.entries()) {
    const inner = { namespace, name, alias: `${LABEL}/port.${namespace}`, mac: macAt(position), up: false };
    await driver.createVeth({ ends: [bench.end(null, `${namespace}.0`, 0x20 + position, 'sb0'), inner] });
  }
}

function replacements(from: string, to: string): Replacement[] {
  return NAMES.map((namespace) => {
    return { namespace, from: `${LABEL}/${from}.${namespace}`, to: `${LABEL}/${to}.${namespace}`, name: 'eth0' };
  });
}

/** Addresses and routes as iproute2 shows them, without what differs between two links. */
function configuration(namespace: string): string[] {
  const addresses = ip('-n', namespace, '-o', 'address', 'show', 'dev', 'eth0').replaceAll(/^\d+: /gm, '');
  const routes = ['-4', '-6'].map((family) => ip('-n', namespace, family, 'route', 'show', 'table', 'all'));
  return [addresses, ...routes]
    .flatMap((text) => text.split('\n'))
    .map((line) => line.replace(/ nodad/, '').trimEnd())
    .sort();
}

/** The kernel adds link-local addresses itself, a while after links are up. */
async function settled(): Promise<void> {
  await expect
    .poll(() => NAMES.map((name) => ip('-n', name, 'address')).join(), { timeout: 60_000 })
    .not.toContain('tentative');
}

describe('replacing links', () => {
  test('keeps addresses, routes and a running ping, from wire to bridge and back', async () => {
    const before = NAMES.map(configuration);
    const ping = startPing('sa', '10.9.2.2');
    await ping.more(20);
    await makePorts('new');
    await driver.replaceLinks({ replacements: replacements('wire', 'port') });
    await ping.more(20);
    expect(NAMES.map(configuration)).toEqual(before);
    expect(linkInWords('sa', 'eth0')).toContain(`alias ${LABEL}/port.sa`);
    await makeWire('wire', 'new', false);
    await driver.replaceLinks({ replacements: replacements('port', 'wire') });
    await ping.more(20);
    expect(NAMES.map(configuration)).toEqual(before);
    expect(linkInWords('sb', 'eth0')).toContain(`alias ${LABEL}/wire.sb`);
    await ping.stop();
    expect(pings('sa', 'fd00:9::2')).toBe(true);
    const view = await driver.view([...NAMES]);
    expect(view.namespaces.map(({ links }) => links.length)).toEqual([2, 2]);
    expect(view.links.filter(({ kind }) => kind === 'veth')).toEqual([]);
  });

  test('leaves the routes of a routing daemon to the daemon', async () => {
    ip('-n', 'sa', 'route', 'add', '10.97.0.0/16', 'via', '10.9.2.254', 'proto', 'ospf');
    await makePorts('new');
    await driver.replaceLinks({ replacements: replacements('wire', 'port') });
    expect(ip('-n', 'sa', 'route')).toContain('10.99.0.0/16 via 10.9.2.254');
    expect(ip('-n', 'sa', 'route')).not.toContain('10.97.0.0/16');
  });

  test('is repeatable, also when the old link is gone', async () => {
    await makePorts('new');
    const request = { replacements: replacements('wire', 'port') };
    await driver.replaceLinks(request);
    const after = NAMES.map(configuration);
    await driver.replaceLinks(request);
    expect(NAMES.map(configuration)).toEqual(after);
    await makeWire('late', 'new', false);
    await driver.replaceLinks({ replacements: replacements('port', 'late') });
    await driver.changeLink({ namespace: 'sa', alias: `${LABEL}/late.sa`, name: 'elsewhere', up: false });
    await driver.replaceLinks({ replacements: replacements('port', 'late') });
    expect(linkInWords('sa', 'eth0')).toMatch(/,UP/);
  });

  test('changes nothing when a new link is missing', async () => {
    const before = NAMES.map((name) => ip('-n', name, 'address') + ip('-n', name, 'route'));
    const refused = await refusalOf(driver.replaceLinks({ replacements: replacements('wire', 'port') }));
    expect(refused).toMatchObject({ code: 'missing' });
    expect(NAMES.map((name) => ip('-n', name, 'address') + ip('-n', name, 'route'))).toEqual(before);
  });

  test('changes nothing when another link has the name', async () => {
    await makePorts('new');
    const elsewhere = replacements('wire', 'port').map((replacement) => ({ ...replacement, name: 'taken' }));
    makeTunnel('sb', 'taken');
    const before = NAMES.map(configuration);
    const refused = await refusalOf(driver.replaceLinks({ replacements: elsewhere }));
    expect(refused).toMatchObject({ code: 'exists' });
    expect(NAMES.map(configuration)).toEqual(before);
  });

  test('refuses two links with the same final name', async () => {
    await makePorts('new');
    const before = NAMES.map(configuration);
    const [first] = replacements('wire', 'port');
    const twice = first === undefined ? [] : [first, first];
    expect(await refusalOf(driver.replaceLinks({ replacements: twice }))).toMatchObject({ code: 'invalid' });
    expect(NAMES.map(configuration)).toEqual(before);
  });

  test('changes nothing when the kernel refuses an address', async () => {
    await makePorts('new');
    ip('netns', 'exec', 'sb', 'sysctl', '-qw', 'net.ipv6.conf.new.disable_ipv6=1');
    await settled();
    const before = NAMES.map(configuration);
    const refused = await refusalOf(driver.replaceLinks({ replacements: replacements('wire', 'port') }));
    expect(refused.errno).not.toBeNull();
    expect(NAMES.map(configuration)).toEqual(before);
    expect(pings('sa', '10.9.2.2')).toBe(true);
  });
});
