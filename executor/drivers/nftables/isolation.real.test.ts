import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ip, macOf, Workbench } from '../../../test/support/netns-workbench.ts';
import {
  type Forwarding,
  type IsolatedNetwork,
  type IsolationChange,
  type Nftables,
  NftablesError,
  openNftables,
} from './driver.ts';

const LABEL = 'weft:test/isolation';
const TABLE = 'weft-isolated';
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
/** Exists where the kernel has br_netfilter. */
const BRIDGED = '/proc/sys/net/bridge/bridge-nf-call-iptables';
let bench: Workbench;
let tables: Nftables;
const told: string[] = [];

beforeAll(async () => {
  bench = await Workbench.open(LABEL);
});

beforeEach(async () => {
  told.length = 0;
  tables = openNftables({ table: TABLE, label: LABEL, log: (_, text) => told.push(text) });
});

afterEach(async () => {
  for (const owner of (await tables.view()).owners.keys())
    await tables.apply({ owner, bridges: [], gateway: null, forwarding: 'off' });
  await tables.close();
  writeFileSync(FORWARDING, '0');
  await bench.clear();
});

afterAll(() => bench.close());

function nft(...words: readonly string[]): string {
  return execFileSync('nft', words, { encoding: 'utf8' });
}

const ownerOf = (number: number) => `${LABEL}/${number}`;

/** The network with that number: bridges `i1`, … , gateway 10.1.0.1, … */
function network(number: number, ...others: readonly string[]): IsolatedNetwork {
  const gateway = { bridge: `i${number}`, address: `10.${number}.0.1` };
  return { bridges: [`i${number}`, ...others], gateway, forwarding: 'off' };
}

function change(number: number, ...others: readonly string[]): IsolationChange {
  return { owner: ownerOf(number), ...network(number, ...others) };
}

const removal = (number: number): IsolationChange => ({
  ...{ owner: ownerOf(number), bridges: [], gateway: null, forwarding: 'off' },
});

/** What the table contains, by number of the network. */
async function content(): Promise<unknown> {
  const { owners, intact } = await tables.view();
  return { owners: Object.fromEntries(owners), intact };
}

const contentOf = (...networks: readonly IsolationChange[]) => ({
  owners: Object.fromEntries(networks.map(({ owner, ...each }) => [owner, each])),
  intact: true,
});

/** A bridge with its gateway, and two containers with an address and a route to everything else. */
async function makeNetwork(number: number): Promise<void> {
  const { driver } = bench;
  const bridge = `i${number}`;
  await driver.createBridge({ name: bridge, alias: `${LABEL}/${bridge}`, mac: macOf(number << 8) });
  const gateway = { alias: `${LABEL}/${bridge}`, add: { address: `10.${number}.0.1`, prefix: 16 } };
  await driver.address({ namespace: null, changes: [gateway] });
  for (const [place, letter] of ['a', 'b'].entries()) {
    const name = `i${number}${letter}`;
    await bench.makeNamespaces(name);
    const mac = (number << 8) + 2 * place + 1;
    await driver.createVeth({ ends: [bench.end(name, 'eth0', mac), bench.end(null, `${name}.0`, mac + 1, bridge)] });
    const alias = `${LABEL}/${name}/eth0`;
    const address = { alias, add: { address: `10.${number}.0.${10 + place}`, prefix: 16 } };
    await driver.address({ namespace: name, changes: [address, { defaultRoute: { via: `10.${number}.0.1`, alias } }] });
  }
}

/**
 * The number of IPv4 packets to a container itself that have arrived there, answered or not. Those that a bridge sends
 * about its groups (IGMP) are not among them, since the container is in none of these groups.
 */
function received(name: string): number {
  const counters = ip('netns', 'exec', name, 'cat', '/proc/net/snmp').split('\n');
  const [names = [], values = []] = counters.filter((line) => line.startsWith('Ip: ')).map((line) => line.split(' '));
  return Number(values[names.indexOf('InDelivers')]);
}

/** Whether a ping passes, for each container and address, all at the same time. */
function pings(...wanted: readonly (readonly [namespace: string, address: string])[]): Promise<boolean[]> {
  const one = ([namespace, address]: readonly [string, string]): Promise<boolean> => {
    const words = ['netns', 'exec', namespace, 'ping', '-n', '-c', '1', '-W', '2', address];
    return new Promise((resolve) => execFile('ip', words, (error) => resolve(error === null)));
  };
  return Promise.all(wanted.map(one));
}

async function refusalOf(call: Promise<unknown>): Promise<NftablesError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof NftablesError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}

describe('packets', () => {
  test('pass neither between networks nor to the other gateway, whoever switches forwarding on', async () => {
    await makeNetwork(1);
    await makeNetwork(2);
    writeFileSync(FORWARDING, '1');
    // Without the table they do.
    expect(await pings(['i1a', '10.2.0.10'], ['i1a', '10.2.0.1'])).toEqual([true, true]);
    await tables.apply(change(1));
    await tables.apply(change(2));
    for (const forwarding of ['0', '1']) {
      writeFileSync(FORWARDING, forwarding);
      const before = received('i2a');
      expect(await pings(['i1a', '10.2.0.10'], ['i1b', '10.2.0.1'], ['i2b', '10.1.0.1'])).toEqual(Array(3).fill(false));
      expect(received('i2a')).toBe(before);
      expect(await pings(['i1a', '10.1.0.1'], ['i2b', '10.2.0.1'])).toEqual([true, true]);
    }
    await tables.apply(removal(1));
    expect(await pings(['i1a', '10.2.0.10'], ['i1a', '10.1.0.1'])).toEqual([false, true]);
    await tables.apply(removal(2));
    expect(await pings(['i1a', '10.2.0.10'])).toEqual([true]);
  });

  test('pass neither to nor from other links of the host, and reach no other address of it', async () => {
    await makeNetwork(1);
    // As an uplink would be.
    await makeNetwork(3);
    ip('address', 'add', '198.51.100.1/32', 'dev', 'lo');
    writeFileSync(FORWARDING, '1');
    const targets = ['10.3.0.10', '10.3.0.1', '198.51.100.1'].map((address) => ['i1a', address] as const);
    try {
      expect(await pings(...targets)).toEqual([true, true, true]);
      await tables.apply(change(1));
      expect(await pings(...targets)).toEqual([false, false, false]);
      const before = received('i1a');
      expect(await pings(['i3a', '10.1.0.10'], ['i3a', '198.51.100.1'])).toEqual([false, true]);
      expect(received('i1a')).toBe(before);
    } finally {
      ip('address', 'delete', '198.51.100.1/32', 'dev', 'lo');
    }
  });

  test('of IPv6 do not reach the host', async () => {
    await makeNetwork(1);
    writeFileSync('/proc/sys/net/ipv6/conf/i1/disable_ipv6', '0');
    ip('address', 'add', 'fd01::1/64', 'dev', 'i1', 'nodad');
    ip('-n', 'i1a', 'address', 'add', 'fd01::10/64', 'dev', 'eth0', 'nodad');
    ip('-n', 'i1b', 'address', 'add', 'fd01::11/64', 'dev', 'eth0', 'nodad');
    expect(await pings(['i1a', 'fd01::1'])).toEqual([true]);
    await tables.apply(change(1));
    expect(await pings(['i1a', 'fd01::1'], ['i1a', 'fd01::11'])).toEqual([false, true]);
  });

  test.runIf(existsSync(BRIDGED))('of one bridge pass, also when the kernel filters bridged frames', async () => {
    await makeNetwork(1);
    await tables.apply(change(1));
    const before = readFileSync(BRIDGED, 'utf8');
    try {
      for (const filtering of ['0', '1']) {
        writeFileSync(BRIDGED, filtering);
        expect(await pings(['i1a', '10.1.0.11'])).toEqual([true]);
      }
      // What makes the difference.
      nft('flush', 'set', 'inet', TABLE, 'same');
      expect(await pings(['i1a', '10.1.0.11'])).toEqual([false]);
    } finally {
      writeFileSync(BRIDGED, before);
    }
  });
});

describe('packets of networks that forward', () => {
  const forwarding = (number: number, mode: Forwarding): IsolationChange => ({ ...change(number), forwarding: mode });

  /** Networks 1 and 2, and 3, which is not given to the driver, as an uplink and what is behind it. */
  async function makeNetworks(): Promise<void> {
    for (const number of [1, 2, 3]) await makeNetwork(number);
  }

  test('go to others that do and to links of the host, and come from there', async () => {
    await makeNetworks();
    for (const number of [1, 2]) await tables.apply(forwarding(number, 'on'));
    expect(readFileSync(FORWARDING, 'utf8').trim()).toBe('1');
    const routes = [
      ['i1a', '10.2.0.10'],
      ['i1a', '10.3.0.10'],
      ['i3a', '10.1.0.10'],
    ] as const;
    expect(await pings(...routes)).toEqual([true, true, true]);
    // Of the host there is the own gateway alone.
    expect(await pings(['i1a', '10.2.0.1'], ['i1a', '10.3.0.1'], ['i1a', '10.1.0.1'])).toEqual([false, false, true]);
    await tables.apply(forwarding(2, 'off'));
    expect(await pings(...routes)).toEqual([false, true, true]);
    await tables.apply(forwarding(1, 'off'));
    expect(await pings(...routes)).toEqual([false, false, false]);
  });

  test('go out with the address of the host, and nothing but answers comes back', async () => {
    await makeNetworks();
    for (const number of [1, 2]) await tables.apply(forwarding(number, 'nat'));
    // What is outside knows no way to the networks.
    ip('-n', 'i3a', 'route', 'delete', 'default');
    expect(await pings(['i1a', '10.3.0.10'], ['i2b', '10.3.0.10'])).toEqual([true, true]);
    ip('-n', 'i3a', 'route', 'add', 'default', 'via', '10.3.0.1');
    const before = received('i1a');
    expect(await pings(['i3a', '10.1.0.10'], ['i2a', '10.1.0.10'], ['i1a', '10.2.0.1'])).toEqual(Array(3).fill(false));
    expect(received('i1a')).toBe(before);
  });

  test('do not pass between one that is routed and one that is translated', async () => {
    await makeNetworks();
    await tables.apply(forwarding(1, 'on'));
    await tables.apply(forwarding(2, 'nat'));
    expect(await pings(['i1a', '10.2.0.10'], ['i2a', '10.1.0.10'])).toEqual([false, false]);
  });

  test.each(['on', 'nat'] as const)('with the address of another network are dropped (%s)', async (mode) => {
    await makeNetworks();
    await tables.apply(forwarding(1, mode));
    // It would be answered to network 3 itself.
    ip('-n', 'i1a', 'address', 'add', '10.3.0.99/32', 'dev', 'eth0');
    const before = received('i3a');
    ip('netns', 'exec', 'i1a', 'sh', '-c', 'ping -n -c 1 -W 1 -I 10.3.0.99 10.3.0.10 || true');
    expect(received('i3a')).toBe(before);
    expect(await pings(['i1a', '10.3.0.10'])).toEqual([true]);
  });

  test('of IPv6 go nowhere', async () => {
    await makeNetworks();
    await tables.apply(forwarding(1, 'on'));
    writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
    try {
      for (const [number, other] of [
        [1, 3],
        [3, 1],
      ]) {
        writeFileSync(`/proc/sys/net/ipv6/conf/i${number}/disable_ipv6`, '0');
        ip('address', 'add', `fd0${number}::1/64`, 'dev', `i${number}`, 'nodad');
        ip('-n', `i${number}a`, 'address', 'add', `fd0${number}::10/64`, 'dev', 'eth0', 'nodad');
        ip('-n', `i${number}a`, 'route', 'add', `fd0${other}::/64`, 'via', `fd0${number}::1`);
      }
      expect(await pings(['i1a', 'fd03::10'], ['i3a', 'fd01::10'])).toEqual([false, false]);
      await tables.apply(removal(1));
      expect(await pings(['i1a', 'fd03::10'])).toEqual([true]);
    } finally {
      writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
    }
  });

  test('pass again after somebody has made the host stop, or has changed the rules', async () => {
    await makeNetworks();
    const wanted = forwarding(1, 'nat');
    await tables.apply(wanted);
    expect(await content()).toEqual(contentOf(wanted));
    writeFileSync(FORWARDING, '0');
    expect(await tables.view()).toMatchObject({ intact: false });
    await tables.apply(wanted);
    expect(await content()).toEqual(contentOf(wanted));
    nft('flush', 'chain', 'inet', TABLE, 'postrouting');
    expect(await tables.view()).toMatchObject({ intact: false });
    await tables.apply(wanted);
    expect([await content(), await pings(['i1a', '10.3.0.10'])]).toEqual([contentOf(wanted), [true]]);
  });

  test('are an error if the host does not forward and cannot be made to', async () => {
    const program = `
      import { openNftables } from '${new URL('./driver.ts', import.meta.url)}';
      const tables = openNftables({ table: '${TABLE}', label: '${LABEL}' });
      await tables.apply(${JSON.stringify(forwarding(1, 'on'))}).catch(({ code, detail }) => {
        console.log(JSON.stringify([code, detail]));
      });`;
    // As in a container of Docker.
    const readOnly = `mount --bind ${FORWARDING} ${FORWARDING} && mount -o remount,ro,bind ${FORWARDING} && exec "$@"`;
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const printed = execFileSync('unshare', ['--mount', 'sh', '-c', readOnly, 'sh', ...node], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['denied', expect.stringMatching(/does not forward IPv4 .* read-only/)]);
    expect(await tables.view()).toMatchObject({ intact: false });
  });

  test('do not make the host forward if there are none', async () => {
    await makeNetwork(1);
    await tables.apply(change(1));
    expect(readFileSync(FORWARDING, 'utf8').trim()).toBe('0');
  });
});

describe('the table', () => {
  test('contains what was given and not taken away, and exists as long as there is anything in it', async () => {
    expect(await content()).toEqual(contentOf());
    const first = change(1, 'i1.b', 'i1~b');
    await tables.apply(first);
    await tables.apply(change(2));
    for (let turn = 0; turn < 2; turn += 1) {
      await tables.apply(first);
      expect(await content()).toEqual(contentOf(first, change(2)));
    }
    expect(nft('list', 'table', 'inet', TABLE)).toContain(`comment "${LABEL}"`);
    await tables.apply({ ...change(1), gateway: null });
    expect(await content()).toEqual(contentOf({ ...change(1), gateway: null }, change(2)));
    for (let turn = 0; turn < 2; turn += 1) {
      await tables.apply(removal(1));
      expect(await content()).toEqual(contentOf(change(2)));
    }
    for (let turn = 0; turn < 2; turn += 1) {
      await tables.apply(removal(2));
      expect(await content()).toEqual(contentOf());
    }
    expect([nft('list', 'tables'), told]).toEqual(['', []]);
  });

  test('has each bridge in the network that it was given to last', async () => {
    await tables.apply(change(1, 'i3'));
    await tables.apply(change(3));
    expect(await content()).toEqual(contentOf(change(1), change(3)));
  });

  test('leaves those of others alone', async () => {
    nft('add', 'table', 'inet', 'others');
    try {
      await tables.apply(change(1));
      await tables.apply(removal(1));
      expect(nft('list', 'tables')).toBe('table inet others\n');
    } finally {
      nft('delete', 'table', 'inet', 'others');
    }
  });

  test.each([
    ['flushed', 'flush table inet TABLE'],
    ['with a chain less', 'flush chain inet TABLE input; delete chain inet TABLE input'],
    ['with a rule more', 'insert rule inet TABLE forward accept'],
    ['with a chain more', 'add chain inet TABLE more'],
    ['with a pair of two bridges', 'add element inet TABLE same { "i1" . "i2" }'],
    ['without a pair', 'flush set inet TABLE same'],
    ['with a gateway of no bridge', 'add element inet TABLE gateways { "eth9" . 10.9.0.1 }'],
    ['asleep', 'add table inet TABLE { flags dormant; }'],
    [
      'with sets of other types',
      'delete table inet TABLE; add table inet TABLE; add set inet TABLE bridges { type ipv4_addr; elements = { 10.0.0.1 }; }',
    ],
    ['empty', 'delete table inet TABLE; add table inet TABLE'],
  ])('that is %s is reported, and repaired', async (_, commands) => {
    const wanted = [change(1), change(2)];
    for (const each of wanted) await tables.apply(each);
    expect(await content()).toEqual(contentOf(...wanted));
    nft(commands.replaceAll('TABLE', TABLE));
    expect(await tables.view()).toMatchObject({ intact: false });
    for (const each of wanted) await tables.apply(each);
    expect([await content(), told]).toEqual([
      contentOf(...wanted),
      [expect.stringContaining('others have changed it')],
    ]);
  });

  test('lacks a network that was taken out by hand, and has it again after a repair', async () => {
    for (const each of [change(1), change(2)]) await tables.apply(each);
    const elements = ['same { "i1" . "i1" }', 'gateways { "i1" . 10.1.0.1 }', 'bridges { "i1" }'];
    for (const element of elements) nft(`delete element inet ${TABLE} ${element}`);
    expect(await content()).toEqual(contentOf(change(2)));
    await tables.apply(change(1));
    expect(await content()).toEqual(contentOf(change(1), change(2)));
  });

  test('has a thousand bridges', async () => {
    const bridges = Array.from({ length: 1_000 }, (_, number) => `many${number}`);
    const gateway = { bridge: 'many0', address: '10.1.0.1' };
    await tables.apply({ owner: ownerOf(1), bridges, gateway, forwarding: 'off' });
    await tables.apply(change(2));
    expect((await tables.view()).owners.get(ownerOf(1))?.bridges).toHaveLength(1_000);
  });
});

describe('an error', () => {
  const other = (options: object) => openNftables({ table: TABLE, label: LABEL, ...options });

  test('of a name or an address that a script cannot contain', async () => {
    for (const name of ['a b', 'a"', 'br*', '', '-a', 'longer-than-15-b']) {
      const refused = await refusalOf(tables.apply({ ...change(1), bridges: [name] }));
      expect([refused.code, refused.transient]).toEqual(['invalid', false]);
    }
    const gateway = { bridge: 'i1', address: '10.1.0' };
    expect(await refusalOf(tables.apply({ ...change(1), gateway }))).toMatchObject({ code: 'invalid' });
    expect(() => openNftables({ table: 'a;b', label: LABEL })).toThrow(NftablesError);
    expect(() => openNftables({ table: TABLE, label: 'a"' })).toThrow(NftablesError);
    expect(await content()).toEqual(contentOf());
  });

  test('of a lease that has run out, before anything is changed', async () => {
    const late = other({ expires: new BigInt64Array(new SharedArrayBuffer(8)) });
    expect((await late.view()).owners.size).toBe(0);
    expect(await refusalOf(late.apply(change(1)))).toMatchObject({ code: 'expired', transient: true });
    expect(await content()).toEqual(contentOf());
  });

  test('of a driver that has been closed', async () => {
    const closed = other({});
    const made = closed.apply(change(1));
    await closed.close();
    await made;
    expect(await content()).toEqual(contentOf(change(1)));
    expect(await refusalOf(closed.view())).toMatchObject({ code: 'invalid' });
  });

  test('of a process without the capability, in the words of nft', () => {
    const program = `
      import { openNftables } from '${new URL('./driver.ts', import.meta.url)}';
      const tables = openNftables({ table: '${TABLE}', label: '${LABEL}' });
      try {
        await tables.apply(${JSON.stringify(change(1))});
      } catch ({ code, detail }) {
        console.log(JSON.stringify([code, detail]));
      }`;
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const printed = execFileSync('setpriv', ['--bounding-set=-net_admin', '--inh-caps=-net_admin', ...node], {
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).toEqual(['denied', expect.stringContaining('Operation not permitted')]);
  });
});
