import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openNetnsDriver } from '../../executor/drivers/netns/driver.ts';
import { openComparer } from '../../executor/kinds/network/comparer/comparer.ts';
import { networkResource } from '../../executor/kinds/network/resource.ts';
import { networkSpec } from '../../executor/kinds/network/spec.ts';
import { converge } from '../../executor/loop/converge.ts';
import { type Comparison, comparing, loadIdle } from '../../executor/loop/reconcile/differences.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { labelPrefix } from '../../schema/names.ts';
import { networkDefinition } from '../../schema/resources/network/definition.ts';
import { scanRows } from '../../schema/store/idle.ts';
import { isolationInMemory } from '../doubles/isolation.ts';

/*
 * Times a full scan of the host, with rows, plan and orphans, on the event loop and in the thread that weft uses: its
 * duration, and how long the event loop is blocked at most meanwhile.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/full-scan.ts [containers]'
 */

const program = fileURLToPath(import.meta.url);
const [, , count = '5000', way, path] = process.argv;
const containers = Number(count);
/** A bridge has at most 1,023 ports. */
const IN_A_NETWORK = 500;
const ROUNDS = 7;
const of = { databaseId: '01900000-0000-7000-8000-000000000001', hypervisor: '01900000-0000-7000-8000-000000000002' };

/** In the rows everything is made. */
const rows = [
  `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :containers)
   INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
   SELECT format('01900000-0000-7000-8001-%012d', i), :hypervisor, 'c' || i, '{"explicit":true}', '{"namespace":true}', 1, 'present', 'ready', 0, 0, 'c' || i
   FROM numbers`,
  `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < (:containers + :size - 1) / :size)
   INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
   SELECT format('01900000-0000-7000-8002-%012d', i), :hypervisor, 'n' || i, '{"made":true}', '{"made":true}', 1, 'present', 'ready', 0, 0, 'n' || i
   FROM numbers`,
  `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :containers)
   INSERT INTO members (cen, container, position, ordinal, outside, added)
   SELECT format('01900000-0000-7000-8002-%012d', i / :size), format('01900000-0000-7000-8001-%012d', i), i % :size, 0, 'c' || i || '.0o', 0
   FROM numbers`,
];

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}

const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;

const memory = () =>
  `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024)} MB`;

type Scan = () => Promise<Comparison>;

async function scanOnce(scan: Scan): Promise<void> {
  const { differences, orphans } = await scan();
  if (differences.length > 0 || orphans?.orphans.length !== 0) throw new Error('the host differs from the rows');
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000;

/** Cost of one scan: elapsed time, processor time of all threads, and of the event loop's thread. */
async function costOf(scan: Scan): Promise<{ readonly time: number; readonly all: number; readonly own: number }> {
  const began = performance.now();
  const all = process.cpuUsage();
  const own = process.threadCpuUsage();
  await scanOnce(scan);
  const used = { all: milliseconds(process.cpuUsage(all)), own: milliseconds(process.threadCpuUsage(own)) };
  return { time: performance.now() - began, ...used };
}

/** How long the event loop was blocked at most, in milliseconds; other programs on the machine delay it, too. */
async function longestStop(work: () => Promise<unknown>): Promise<number> {
  const stops = monitorEventLoopDelay({ resolution: 1 });
  stops.enable();
  await work();
  // A block at the end shows in the next turn.
  await setTimeout(5);
  stops.disable();
  return stops.max / 1e6;
}

async function measure(what: string, scan: Scan): Promise<void> {
  const first = await costOf(scan);
  const costs: Awaited<ReturnType<typeof costOf>>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) costs.push(await costOf(scan));
  const stops: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) stops.push(await longestStop(() => scanOnce(scan)));
  const idle = await longestStop(() => setTimeout(500));
  const inWords = ({ time, all, own }: typeof first) =>
    `${time.toFixed(0)} ms, ${all.toFixed(0)} ms of processor time, of that the event loop ${own.toFixed(1)} ms`;
  const of = (cost: keyof typeof first) => median(costs.map((each) => each[cost]));
  print(what, inWords({ time: of('time'), all: of('all'), own: of('own') }));
  print('  the first one', inWords(first));
  print(
    '  the event loop blocked',
    `${median(stops).toFixed(0)} ms (${idle.toFixed(0)} ms without a scan); ${memory()}`,
  );
}

const spec = networkSpec(of.databaseId);
const rowsOf = (database: Database) => scanRows(database, of.hypervisor, [networkDefinition]);

async function makeHost(database: Database): Promise<void> {
  const driver = await openNetnsDriver();
  const resource = networkResource({ driver, isolation: isolationInMemory() });
  try {
    const { idle } = await loadIdle({ definition: networkDefinition, spec }, rowsOf(database), 'all');
    const namespaces = idle.flatMap(({ desired }) => desired.namespaces);
    const hooks = { check: () => undefined, remaining: () => undefined };
    await converge(resource, { namespaces, segments: [], isolations: [], processes: [] }, hooks);
    for (const { desired } of idle) if (desired.segments.length > 0) await converge(resource, desired, hooks);
  } finally {
    await driver.close();
  }
}

/** The variants; each runs in a process of its own, so that memory is measured separately. */
const ways = {
  async thread(_database: Database, path: string) {
    const options = { database: { url: `file:${path}`, authToken: undefined }, ...of, containers: null };
    const comparer = await openComparer(options, { log: (_level, text) => console.error(text) });
    await measure(`a full scan of ${containers} containers in a thread`, () => comparer.compare('all'));
    await comparer.close();
  },
  async loop(database: Database) {
    const driver = await openNetnsDriver();
    const kind = {
      definition: networkDefinition,
      spec,
      resource: networkResource({ driver, isolation: isolationInMemory() }),
    };
    const compare = comparing(kind, rowsOf(database), labelPrefix(of.databaseId));
    await measure('the same on the event loop', () => compare('all'));
    await driver.close();
  },
};

async function make(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const path = join(directory, 'weft.db');
  const database = openEmbedded(path);
  try {
    await migrate(database);
    const args = { containers, hypervisor: of.hypervisor, size: IN_A_NETWORK };
    await database.write(rows.map((sql) => statement(sql, args)));
    await makeHost(database);
    for (const way of Object.keys(ways)) {
      const { status } = spawnSync(process.execPath, [program, String(containers), way, path], { stdio: 'inherit' });
      if (status !== 0) process.exitCode = 1;
    }
  } finally {
    database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function scan(way: string, path: string): Promise<void> {
  const database = openEmbedded(path);
  await ways[way === 'thread' ? 'thread' : 'loop'](database, path);
  database.close();
}

await (way === undefined || path === undefined ? make() : scan(way, path));
