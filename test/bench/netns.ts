import { type NetnsDriver, openNetnsDriver } from '../../executor/drivers/netns/driver.ts';
import type { Network } from '../../executor/kinds/network/desired.ts';
import { networkResource } from '../../executor/kinds/network/resource.ts';
import { converge } from '../../executor/loop/converge.ts';
import { isolationInMemory } from '../doubles/isolation.ts';
import { type BareTimes, bareNetwork, mac } from './floor.ts';

/*
 * Times the netns driver on one network of many containers: for each a namespace and a veth into one bridge; in
 * comparison with the kernel alone, in the same namespace.
 *
 * unshare -mn --propagation private sh -c 'mkdir -p /run/netns; mount -t tmpfs none /run/netns; exec
 * node_modules/.bin/node test/bench/netns.ts [containers]'
 */

const LABEL = 'weft:bench';
const BRIDGE = 'bench0';
/** As many as the executor puts into one call. */
const BATCH = 32;
const count = Number(process.argv[2] ?? 1000);
const numbers = Array.from({ length: count }, (_, number) => number);
const outside = (number: number) => `${LABEL}/${number}/outside`;

async function timed(what: string, floor: number | null, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  const milliseconds = performance.now() - began;
  print(what, milliseconds, floor);
  return milliseconds;
}

function print(what: string, milliseconds: number, floor: number | null): void {
  const ratio = floor === null ? '' : `, ${(milliseconds / floor).toFixed(2)} × the kernel's ${floor.toFixed(0)} ms`;
  console.log(`${what.padEnd(56)} ${milliseconds.toFixed(1).padStart(8)} ms${ratio}`);
}

async function inBatches(of: readonly number[], work: (some: readonly number[]) => Promise<void>): Promise<void> {
  for (let first = 0; first < of.length; first += BATCH) await work(of.slice(first, first + BATCH));
}

async function run(driver: NetnsDriver, floor: BareTimes): Promise<void> {
  const namespace = (number: number) => ({ name: `bench${number}`, label: `${LABEL}/${number}` });
  const namespaces = await timed(`create ${count} namespaces`, floor.namespaces, () =>
    inBatches(numbers, (some) => driver.createNamespaces(some.map(namespace))),
  );
  const bridge = { name: BRIDGE, alias: `${LABEL}/bridge` };
  const veths = await timed(`create ${count} veths into a bridge`, floor.veths, async () => {
    await driver.createBridge({ ...bridge, mac: mac(0, 0), up: false });
    await inBatches(numbers, (some) => driver.createVeths(some.map(veth)));
  });
  const links = numbers.map((number) => ({ namespace: null, name: `bench0.${number}`, alias: outside(number) }));
  const up = await timed('set their ports and the bridge up', null, () =>
    driver.enableLinks({ links: [...links, { namespace: null, ...bridge }] }),
  );
  print('all of it', namespaces + veths + up, floor.made);
  await timed('view everything', null, () => driver.view('all'));
  await timed('view the host and one namespace', null, () => driver.view(['bench0']));
  const removed = await timed(`delete ${count} links together`, null, () =>
    driver.deleteLinks({ namespace: null, aliases: numbers.map(outside) }),
  );
  const deleted = await timed(`delete ${count} namespaces without a veth`, null, () =>
    inBatches(numbers, (some) => driver.deleteNamespaces(some.map(namespace))),
  );
  print('both', removed + deleted, floor.made);
  await single(driver);
}

/** Cost of a change of one container. */
async function single(driver: NetnsDriver): Promise<void> {
  await timed('create a namespace', null, () => driver.createNamespace({ name: 'bench0', label: `${LABEL}/0` }));
  await timed('create a veth', null, () => driver.createVeth(veth(0)));
  await timed('delete a namespace with a veth', null, () =>
    driver.deleteNamespace({ name: 'bench0', label: `${LABEL}/0` }),
  );
}

/** All that an operation does on the host: observe, plan, apply, and observe again. */
async function operate(driver: NetnsDriver, floor: BareTimes): Promise<void> {
  const resource = networkResource({ driver, isolation: isolationInMemory() });
  const members = numbers.map((number) => ({ container: `bench${number}`, ordinal: 0, outside: `bench${number}.0o` }));
  const network = (made: boolean): Network => ({
    namespaces: members.map(({ container }) => ({ name: container, label: `${LABEL}/${container}`, present: made })),
    segments: [{ name: BRIDGE, label: `${LABEL}/${BRIDGE}`, linkName: BRIDGE, made, members: made ? members : [] }],
    isolations: [],
    processes: [],
  });
  const hooks = { check: () => undefined, remaining: () => undefined };
  const become = (made: boolean) => () => converge(resource, network(made), hooks);
  await timed('observe, plan and apply a network: made', floor.made, become(true));
  await timed('observe, plan and apply a network: destroyed', floor.made, become(false));
}

function veth(number: number): Parameters<NetnsDriver['createVeth']>[0] {
  const outer = { namespace: null, name: `bench0.${number}`, alias: outside(number), mac: mac(1, number), up: false };
  const alias = `${LABEL}/${number}/inside`;
  const inner = { namespace: `bench${number}`, name: 'eth0', alias, mac: mac(2, number), up: true };
  return { ends: [inner, { ...outer, bridge: BRIDGE }] };
}

/** Removes what a run has left, also after a failure. */
async function clear(driver: NetnsDriver): Promise<void> {
  const { links, namespaces } = await driver.view('all');
  const aliases = links.flatMap(({ alias }) => (alias?.startsWith(`${LABEL}/`) ? [alias] : []));
  await driver.deleteLinks({ namespace: null, aliases });
  for (const { name, label } of namespaces) {
    if (label?.startsWith(`${LABEL}/`)) await driver.deleteNamespace({ name, label });
  }
}

function bare(together: number): BareTimes {
  const times = bareNetwork({ containers: count, together });
  print(`the kernel alone, ${together} messages a system call: made`, times.made, null);
  print('the kernel alone: removed', times.removed, null);
  return times;
}

bare(1);
const floor = bare(50);
const driver = await openNetnsDriver();
try {
  await run(driver, floor);
  await driver.deleteLinks({ namespace: null, aliases: [`${LABEL}/bridge`] });
  await operate(driver, bare(50));
} finally {
  await clear(driver);
  await driver.close();
}
