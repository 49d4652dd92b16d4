import { mkdirSync, rmdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ip, linkInWords, pings, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import type { NetnsDriver, VethRequest } from './driver.ts';

const LABEL = 'weft:test/batches';
/** More than the driver has open at the same time. */
const MANY = 40;
let bench: Workbench;
let driver: NetnsDriver;

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
  driver = bench.driver;
});

afterEach(() => bench.clear());

afterAll(() => bench.close());

const names = (count: number) => Array.from({ length: count }, (_, number) => `n${number}`);
const namespaces = (count: number) => names(count).map((name) => ({ name, label: `${LABEL}/${name}` }));

/** A port of the bridge `tb`, down, and its other end, up, in the namespace with that number. */
function port(number: number): VethRequest {
  const outside = { ...bench.end(null, `tb.${number}`, 0x200 + number, 'tb'), up: false };
  return { ends: [bench.end(`n${number}`, 'eth0', 0x100 + number), outside] };
}

const ports = (count: number) => names(count).map((_, number) => port(number));

async function prepare(count: number): Promise<void> {
  await driver.createNamespaces(namespaces(count));
  await driver.createBridge({ name: 'tb', alias: `${LABEL}/tb`, mac: '02:00:00:00:ff:ff', up: false });
}

async function linksOf(namespace: string): Promise<string[]> {
  const { namespaces: [seen] = [] } = await driver.view([namespace]);
  return seen?.links.map(({ name, alias, up }) => `${name} ${alias} ${up ? 'up' : 'down'}`) ?? [];
}

async function portsOfHost(): Promise<(string | null)[]> {
  const { links } = await driver.view([]);
  return links.filter(({ name }) => name.startsWith('tb.')).map(({ alias }) => alias);
}

describe('many at once', () => {
  test('are made, labelled and up like single ones, and the call can be repeated', async () => {
    for (let round = 0; round < 2; round += 1) {
      await prepare(MANY);
      await driver.createVeths(ports(MANY));
      for (const [number, name] of names(MANY).entries()) {
        expect(await linksOf(name)).toEqual([`lo ${LABEL}/${name} up`, `eth0 ${LABEL}/${name}/eth0 up`]);
        expect(linkInWords(null, `tb.${number}`)).toContain('master tb');
      }
      expect(await portsOfHost()).toEqual(names(MANY).map((_, number) => `${LABEL}/host/tb.${number}`));
    }
    const links = [...ports(MANY).map(({ ends }) => ends[1]), { namespace: null, name: 'tb', alias: `${LABEL}/tb` }];
    await driver.enableLinks({ links });
    ip('-n', 'n0', 'address', 'add', '10.9.0.1/24', 'dev', 'eth0');
    ip('-n', `n${MANY - 1}`, 'address', 'add', '10.9.0.2/24', 'dev', 'eth0');
    expect(pings('n0', '10.9.0.2')).toBe(true);
    await driver.deleteNamespaces(namespaces(MANY));
    expect((await driver.view('all')).namespaces).toEqual([]);
    expect(await portsOfHost()).toEqual([]);
  });

  test('are given addresses, and read, like single ones', async () => {
    await prepare(MANY);
    await driver.createVeths(ports(MANY));
    const address = (number: number) => ({ address: `10.9.1.${number + 1}`, prefix: 24 });
    const requests = names(MANY).map((name, number) => ({
      namespace: name,
      changes: [{ alias: `${LABEL}/${name}/eth0`, add: address(number) }],
    }));
    const links = [...ports(MANY).map(({ ends }) => ends[1]), { namespace: null, name: 'tb', alias: `${LABEL}/tb` }];
    await driver.enableLinks({ links });
    for (let round = 0; round < 2; round += 1) {
      await driver.addressAll(requests);
      const selection = { owners: [], aliases: [], names: ['tb'] };
      const together = await driver.view(names(MANY), selection, { namespaces: names(MANY), host: false });
      expect(together.links.map(({ name }) => name)).toEqual(['tb']);
      expect(together.namespaces.map(({ name }) => name)).toEqual(names(MANY));
      for (const [number, seen] of together.namespaces.entries()) {
        const own = seen.addressing?.addresses.filter(({ scope }) => scope === 0);
        expect(own).toMatchObject([address(number)]);
        const alone = await driver.view([seen.name], selection, { namespaces: [seen.name], host: false });
        expect(alone.namespaces).toEqual([seen]);
      }
    }
    expect(pings('n0', `10.9.1.${MANY}`)).toBe(true);
    const last = requests.length - 1;
    const refused = requests.map((request, number) =>
      number === last ? { ...request, changes: [{ alias: 'weft:nobody', add: address(number) }] } : request,
    );
    expect(await refusalOf(driver.addressAll(refused))).toMatchObject({ code: 'missing' });
  });

  test('pairs that share a namespace, or connect two', async () => {
    await driver.createNamespaces(namespaces(3));
    const wire = (one: number, other: number): VethRequest => ({
      ends: [
        bench.end(`n${one}`, `to${other}`, 16 * one + other),
        bench.end(`n${other}`, `to${one}`, 16 * other + one),
      ],
    });
    const inside: VethRequest = { ends: [bench.end('n0', 'x', 0x301), bench.end('n0', 'y', 0x302)] };
    await driver.createVeths([wire(0, 1), wire(1, 2), inside, wire(2, 0)]);
    for (const [name, links] of Object.entries({
      n0: ['to1', 'x', 'y', 'to2'],
      n1: ['to0', 'to2'],
      n2: ['to1', 'to0'],
    })) {
      const expected = links.map((link) => `${link} ${LABEL}/${name}/${link} up`);
      expect((await linksOf(name)).slice(1).sort()).toEqual(expected.sort());
    }
  });
});

describe('one that is refused', () => {
  test('leaves the pairs before it, and neither it nor those after it', async () => {
    await prepare(5);
    ip('link', 'add', 'tb.2', 'type', 'bridge');
    const refused = await refusalOf(driver.createVeths(ports(5)));
    expect(refused).toMatchObject({ code: 'exists', action: 'create veth eth0' });
    expect(refused.message).toContain('tb.2');
    expect(new Set(await portsOfHost())).toEqual(new Set([`${LABEL}/host/tb.0`, `${LABEL}/host/tb.1`, null]));
    expect(await portsOfHost()).toHaveLength(3);
    const counts = await Promise.all(names(5).map(async (name) => (await linksOf(name)).length));
    expect(counts).toEqual([2, 2, 1, 1, 1]);
    expect(linkInWords(null, 'tb.2')).toContain('bridge');
    ip('link', 'delete', 'tb.2');
    await driver.createVeths(ports(5));
    expect(await portsOfHost()).toHaveLength(5);
  });

  test('leaves no namespace after it', async () => {
    mkdirSync('/run/netns/n2', { recursive: true });
    expect(await refusalOf(driver.createNamespaces(namespaces(4)))).toMatchObject({ code: 'foreign' });
    expect(await linksOf('n3')).toEqual([]);
    rmdirSync('/run/netns/n2');
    await driver.createNamespaces(namespaces(4));
    expect(await linksOf('n3')).toEqual([`lo ${LABEL}/n3 up`]);
  });

  test('does not match a namespace with another label', async () => {
    await driver.createNamespaces(namespaces(3));
    const [first, second, third] = namespaces(3);
    if (!first || !second || !third) throw new Error('there are three');
    const wanted = [first, { ...second, label: 'weft:other/n1' }, third];
    expect(await refusalOf(driver.deleteNamespaces(wanted))).toMatchObject({ code: 'foreign' });
    const { namespaces: left } = await driver.view('all');
    expect(left.map(({ name }) => name).sort()).toEqual(['n1', 'n2']);
  });

  test('a link without its alias: no link of its namespace is set up', async () => {
    await prepare(2);
    await driver.createVeths(ports(2));
    ip('link', 'set', 'tb.1', 'alias', 'mine');
    const links = ports(2).map(({ ends }) => ends[1]);
    expect(await refusalOf(driver.enableLinks({ links }))).toMatchObject({ code: 'missing' });
    for (const name of ['tb.0', 'tb.1']) expect(linkInWords(null, name)).not.toContain(',UP');
    ip('link', 'delete', 'tb.1');
  });
});
