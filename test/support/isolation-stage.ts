import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import {
  type IsolatedNetwork,
  type IsolationChange,
  type Nftables,
  NftablesError,
  openNftables,
} from '../../executor/drivers/nftables/driver.ts';
import { ip, macOf, Workbench } from './netns-workbench.ts';

/* Networks with containers on a private host, and the rules that isolate them, for a file of tests. */

export const LABEL = 'weft:test/isolation';
export const TABLE = 'weft-isolated';
export const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
/** Exists where the kernel has br_netfilter. */
export const BRIDGED = '/proc/sys/net/bridge/bridge-nf-call-iptables';
/** Made for each test of a file that has called {@link useStage}. */
class IsolationStage {
  bench!: Workbench;
  tables!: Nftables;
  /** What the driver has said. */
  readonly told: string[] = [];
}

export const stage = new IsolationStage();

export function useStage(): void {
  beforeAll(async () => {
    stage.bench = await Workbench.open(LABEL);
  });

  beforeEach(() => {
    stage.told.length = 0;
    stage.tables = openNftables({ table: TABLE, label: LABEL, log: (_, text) => stage.told.push(text) });
  });

  afterEach(async () => {
    const { tables, bench } = stage;
    for (const owner of (await tables.view()).owners.keys())
      await tables.apply({ owner, bridges: [], gateway: null, forwarding: 'off' });
    await tables.close();
    writeFileSync(FORWARDING, '0');
    await bench.clear();
  });

  afterAll(() => stage.bench.close());
}

export function nft(...words: readonly string[]): string {
  return execFileSync('nft', words, { encoding: 'utf8' });
}

export const ownerOf = (number: number) => `${LABEL}/${number}`;

/** The network with that number: bridges `i1`, … , gateway 10.1.0.1, … */
export function network(number: number, ...others: readonly string[]): IsolatedNetwork {
  const gateway = { bridge: `i${number}`, address: `10.${number}.0.1` };
  return { bridges: [`i${number}`, ...others], gateway, forwarding: 'off' };
}

export function change(number: number, ...others: readonly string[]): IsolationChange {
  return { owner: ownerOf(number), ...network(number, ...others) };
}

export const removal = (number: number): IsolationChange => ({
  ...{ owner: ownerOf(number), bridges: [], gateway: null, forwarding: 'off' },
});

/** What the table contains, by number of the network. */
export async function content(): Promise<unknown> {
  const { owners, intact } = await stage.tables.view();
  return { owners: Object.fromEntries(owners), intact };
}

export const contentOf = (...networks: readonly IsolationChange[]) => ({
  owners: Object.fromEntries(networks.map(({ owner, ...each }) => [owner, each])),
  intact: true,
});

/** A bridge with its gateway, and two containers with an address and a route to everything else. */
export async function makeNetwork(number: number): Promise<void> {
  const { bench } = stage;
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
export function received(name: string): number {
  const counters = ip('netns', 'exec', name, 'cat', '/proc/net/snmp').split('\n');
  const [names = [], values = []] = counters.filter((line) => line.startsWith('Ip: ')).map((line) => line.split(' '));
  return Number(values[names.indexOf('InDelivers')]);
}

/** Whether a ping passes, for each container and address, all at the same time. */
export function pings(...wanted: readonly (readonly [namespace: string, address: string])[]): Promise<boolean[]> {
  const one = ([namespace, address]: readonly [string, string]): Promise<boolean> => {
    const words = ['netns', 'exec', namespace, 'ping', '-n', '-c', '1', '-W', '2', address];
    return new Promise((resolve) => execFile('ip', words, (error) => resolve(error === null)));
  };
  return Promise.all(wanted.map(one));
}

export async function refusalOf(call: Promise<unknown>): Promise<NftablesError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof NftablesError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}
