import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type NetnsDriver, openNetnsDriver } from '../../executor/drivers/netns/driver.ts';
import { mac } from './floor.ts';

/*
 * Times observations of a host with many containers: each a namespace with `lo` and one end of a veth, whose other end
 * is a port of one of several bridges. The time ends when the result has arrived on the event loop, cloning included.
 *
 * unshare -mn --propagation private sh -c 'mkdir -p /run/netns; mount -t tmpfs none /run/netns; exec
 * node_modules/.bin/node test/bench/observation.ts [containers]'
 */

const LABEL = 'weft:bench';
/** As many as the executor puts into one call. */
const BATCH = 32;
/** A bridge has at most 1,023. */
const PORTS = 500;
const ROUNDS = 9;
const count = Number(process.argv[2] ?? 5000);
const numbers = Array.from({ length: count }, (_, number) => number);
const bridgeOf = (number: number) => `seen${Math.floor(number / PORTS)}`;
const bridges = [...new Set(numbers.map(bridgeOf))];

const namespace = (number: number) => ({ name: `seen${number}`, label: `${LABEL}/seen${number}` });
const outside = (number: number) => ({
  namespace: null,
  name: `seen${number}.0o`,
  alias: `${LABEL}/${bridgeOf(number)} seen${number}.0o seen${number}.0i`,
});

async function inBatches(of: readonly number[], work: (some: readonly number[]) => Promise<void>): Promise<void> {
  for (let first = 0; first < of.length; first += BATCH) await work(of.slice(first, first + BATCH));
}

/** Ports are set up last, which is the fastest order. */
async function make(driver: NetnsDriver): Promise<void> {
  await inBatches(numbers, (some) => driver.createNamespaces(some.map(namespace)));
  for (const [number, name] of bridges.entries()) {
    await driver.createBridge({ name, alias: `${LABEL}/${name} ${name}`, mac: mac(0, number), up: false });
  }
  await inBatches(numbers, (some) => driver.createVeths(some.map(veth)));
  const ends = bridges.map((name) => ({ namespace: null, name, alias: `${LABEL}/${name} ${name}` }));
  await driver.enableLinks({ links: [...numbers.map(outside), ...ends] });
}

function veth(number: number): Parameters<NetnsDriver['createVeth']>[0] {
  const name = bridgeOf(number);
  const alias = `${LABEL}/${name} seen${number}.0i seen${number}.0o`;
  const inside = { namespace: `seen${number}`, name, alias, mac: mac(2, number), up: true };
  return { ends: [inside, { ...outside(number), mac: mac(1, number), bridge: name, up: false }] };
}

async function clear(driver: NetnsDriver): Promise<void> {
  const { links, namespaces } = await driver.view('all');
  const aliases = links.flatMap(({ alias }) => (alias?.startsWith(`${LABEL}/`) ? [alias] : []));
  await driver.deleteLinks({ namespace: null, aliases });
  const owned = namespaces.flatMap(({ name, label }) => (label?.startsWith(`${LABEL}/`) ? [{ name, label }] : []));
  for (let first = 0; first < owned.length; first += BATCH) {
    await driver.deleteNamespaces(owned.slice(first, first + BATCH));
  }
}

/**
 * Medians of some rounds: of the elapsed time, of the processor time of all threads, of the longest block of the event
 * loop.
 */
async function timed(what: string, work: () => Promise<unknown>, prepare?: () => Promise<void>): Promise<void> {
  const times: number[] = [];
  const processor: number[] = [];
  const holds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await prepare?.();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const before = process.cpuUsage();
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
    delay.disable();
    holds.push(delay.max / 1e6);
  }
  const figures = `${inWords(median(times))}, ${inWords(median(processor))} of processor time`;
  console.log(`${what.padEnd(50)} ${figures}, event loop blocked ${inWords(median(holds))}`);
}

const median = (figures: readonly number[]) => figures.toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0;
const inWords = (milliseconds: number) => `${milliseconds.toFixed(1).padStart(8)} ms`;

function one(number: number): Parameters<NetnsDriver['view']> {
  const { name } = namespace(number);
  return [[name], { owners: [`${LABEL}/nothing`], aliases: [], names: [outside(number).name, bridgeOf(number)] }];
}

async function observe(driver: NetnsDriver): Promise<void> {
  const before = process.cpuUsage();
  const began = performance.now();
  const { links, namespaces } = await driver.view('all');
  const first = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const inside = namespaces.reduce((sum, each) => sum + each.links.length, 0);
  console.log(`${namespaces.length} namespaces with ${inside} links, ${links.length} links on the host`);
  console.log(
    `${'the first observation of a driver'.padEnd(50)} ${inWords(first)}, ${inWords((user + system) / 1000)} of processor time`,
  );
  await timed('full observation', () => driver.view('all'));
  await timed(
    'full observation, after 10 changes',
    () => driver.view('all'),
    async () => {
      for (const number of numbers.slice(0, 10)) {
        const alias = `${LABEL}/${bridgeOf(number)} seen${number}.0i seen${number}.0o`;
        await driver.changeLink({ namespace: `seen${number}`, alias, up: false });
        await driver.changeLink({ namespace: `seen${number}`, alias, up: true });
      }
    },
  );
  await timed("an operation's observation of one container", () => driver.view(...one(count >> 1)));
  console.log(
    `${'memory of the process, all of it'.padEnd(50)} ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`,
  );
}

const maker = await openNetnsDriver();
try {
  await make(maker);
  const driver = await openNetnsDriver();
  await observe(driver);
  await driver.close();
} finally {
  await clear(maker);
  await maker.close();
}
