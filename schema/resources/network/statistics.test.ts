import { expect, it } from 'vitest';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { type Database, statement } from '../../database/database.ts';
import { keepMs, type Reading, statisticsNote } from './statistics.ts';

const MINUTE_MS = 60_000;

async function stage() {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const record = async (ageMs: number, readings: readonly Reading[], keep = 60 * MINUTE_MS) => {
    const rows = await database.write(statisticsNote.statements(hypervisor, { ageMs, keepMs: keep, readings }));
    return rows.at(-1)?.[0]?.remain;
  };
  return { database, hypervisor, record };
}

function reading(container: string, change: Partial<Reading> = {}): Reading {
  const numbers = { started_ms: 1, cpu_us: 1_000_000, memory: 2, memory_limit: null, processes: 3 };
  return { container, ...numbers, interfaces: [['lan', 100, 2, 3, 4, 500, 6, 7, 8]], ...change };
}

async function read<Row>(database: Database, sql: string): Promise<readonly Row[]> {
  const [rows] = await database.read([statement<Row>(sql)]);
  return rows;
}

const times = (database: Database) =>
  read<{ minutes: number; count: number }>(
    database,
    `SELECT CAST(round((unixepoch('subsec') * 1000 - at_ms) / 60000.0) AS INTEGER) AS minutes, count(*) AS count
     FROM container_stats GROUP BY at_ms ORDER BY at_ms`,
  );

it('all readings of a pass have the same time', async () => {
  const { database, record } = await stage();
  expect(await record(2 * MINUTE_MS, [reading('a'), reading('b', { cpu_us: null })])).toBe(1);
  expect(await times(database)).toEqual([{ minutes: 2, count: 2 }]);
  expect(
    await read(
      database,
      "SELECT cpu_us, memory_limit, processes, interfaces FROM container_stats WHERE container = 'b'",
    ),
  ).toEqual([{ cpu_us: null, memory_limit: null, processes: 3, interfaces: '[["lan",100,2,3,4,500,6,7,8]]' }]);
});

it('readings of another hypervisor, and young ones, are kept, and old ones deleted, a part at a time', async () => {
  const { database, record } = await stage();
  const other = await insertHypervisor(database, 'host2');
  const old = { ageMs: 99 * MINUTE_MS, keepMs: 999 * MINUTE_MS, readings: [reading('c')] };
  await database.write(statisticsNote.statements(other, old));
  for (const minutes of [90, 80, 40]) await record(minutes * MINUTE_MS, [reading('a')], 999 * MINUTE_MS);
  const minutes = async () => (await times(database)).map((each) => each.minutes);
  await record(MINUTE_MS, [reading('a')]);
  expect(await minutes()).toEqual([99, 80, 40, 1]);
  await record(0, [reading('a')]);
  expect(await minutes()).toEqual([99, 40, 1, 0]);
});

it('readings from before the clock was set back are deleted', async () => {
  const { database, record } = await stage();
  await record(-5 * MINUTE_MS, [reading('a')]);
  await record(0, [reading('a')]);
  expect((await times(database)).map(({ minutes }) => minutes)).toEqual([0]);
});

it('a pass without processes says when nothing remains', async () => {
  const { database, record } = await stage();
  await record(90 * MINUTE_MS, [reading('a')]);
  await record(80 * MINUTE_MS, [reading('a')]);
  expect(await record(0, [])).toBe(1);
  expect(await record(0, [])).toBe(0);
  expect(await times(database)).toEqual([]);
});

it('they are kept for an hour, or for less if that were too many', () => {
  expect([0, 1, 555].map(keepMs)).toEqual([3_600_000, 3_600_000, 3_600_000]);
  expect(keepMs(5_000)).toBe(400_000);
});

it('the views show the last reading of processes that run, and rates between the last two', async () => {
  const { database, hypervisor, record } = await stage();
  for (const [name, process] of [
    ['web', '{"running":true}'],
    ['ended', '{"running":false}'],
  ]) {
    await database.write([
      statement(
        `INSERT INTO containers (id, hypervisor, name, short_name, spec, generation, desired, state, state_since_ms, created_ms, process)
         VALUES (:name, :hypervisor, :name, :name, '{}', 1, 'present', 'running', 0, 0, :process)`,
        { name: name ?? '', hypervisor, process: process ?? '' },
      ),
    ]);
  }
  await record(10_000, [reading('web'), reading('ended')]);
  const later = reading('web', {
    cpu_us: 6_000_000,
    interfaces: [
      ['lan', 1100, 2, 3, 4, 400, 6, 7, 8],
      ['new', 1, 0, 0, 0, 2, 0, 0, 0],
    ],
  });
  await record(0, [later, reading('ended'), reading('unknown')]);
  expect(await read(database, 'SELECT * FROM v_container_stats')).toEqual([
    {
      ...{ hypervisor: 'host1', container: 'web', cpu_us: 6_000_000, cores: expect.closeTo(0.5, 1), memory: 2 },
      ...{ memory_limit: null, processes: 3, at: expect.stringMatching(/Z$/) },
    },
  ]);
  expect(await read(database, 'SELECT container, cpu_us FROM v_container_readings ORDER BY at, container')).toEqual([
    { container: 'ended', cpu_us: 1_000_000 },
    { container: 'web', cpu_us: 1_000_000 },
    { container: 'ended', cpu_us: 1_000_000 },
    { container: 'web', cpu_us: 6_000_000 },
  ]);
  expect(
    await read(
      database,
      'SELECT interface, received_bytes, sent_dropped, received_per_second, sent_per_second FROM v_container_interfaces',
    ),
  ).toEqual([
    // It has sent less than before: it is another one.
    {
      ...{ interface: 'lan', received_bytes: 1100, sent_dropped: 8, sent_per_second: null },
      received_per_second: expect.closeTo(100, -1),
    },
    { interface: 'new', received_bytes: 1, sent_dropped: 0, received_per_second: null, sent_per_second: null },
  ]);
});
