import { expect, it } from 'vitest';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { type Database, statement } from '../../database/database.ts';
import { type DomainReading, domainStatisticsNote, keepDomainsMs } from './statistics.ts';

const KEEP_MS = 3_600_000;

async function stage() {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const insert = (sql: string, args: Record<string, string>) => database.write([statement(sql, args)]);
  const own = `
    INSERT INTO domains (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
    VALUES (:id, :hypervisor, :id, '{}', 1, 'present', 'running', 0, 0)`;
  for (const id of ['web', 'off']) await insert(own, { id, hypervisor });
  await insert("INSERT INTO foreign_domains VALUES (:hypervisor, 'uuid', 'theirs', 'running', 64, 1)", { hypervisor });
  const record = async (ageMs: number, readings: readonly DomainReading[], keepMs = KEEP_MS) => {
    const rows = await database.write(domainStatisticsNote.statements(hypervisor, { ageMs, keepMs, readings }));
    return rows.at(-1)?.[0]?.remain;
  };
  return { database, record };
}

function reading(domain: string, change: Partial<DomainReading> = {}): DomainReading {
  return {
    ...{ domain, run: 1, state: 'running', cpu_us: 1_000_000, vcpus: 2, answered_ago_ms: 0 },
    memory: [10, 20, 30, null, null, null],
    disks: [['sda', 1, 100, 2, 200, 3, 4_000, 300]],
    nics: [['vnet0', 100, 2, 3, 4, 500, 6, 7, 8]],
    ...change,
  };
}

async function read(database: Database, sql: string): Promise<readonly unknown[]> {
  const [rows] = await database.read([statement(sql)]);
  return rows;
}

it('the views show the last reading of guests that run, and rates between the last two', async () => {
  const { database, record } = await stage();
  await record(10_000, [reading('web'), reading('off')]);
  const later = reading('web', {
    cpu_us: 6_000_000,
    disks: [['sda', 1, 1_100, 2, 100, 3, 4_000, 300]],
    nics: [
      ['vnet0', 1_100, 2, 3, 4, 400, 6, 7, 8],
      ['vnet1', 1, 0, 0, 0, 2, 0, 0, 0],
    ],
  });
  await record(0, [later, reading('uuid', { memory: null, answered_ago_ms: null, disks: [] }), reading('nobody')]);
  const time = expect.stringMatching(/Z$/);
  expect(await read(database, 'SELECT * FROM v_domain_stats ORDER BY domain DESC')).toEqual([
    {
      ...{ hypervisor: 'host1', domain: 'web', managed: 1, state: 'running', cpu_us: 6_000_000 },
      ...{ cores: expect.closeTo(0.5, 1), vcpus: 2, memory: 10, memory_maximum: 20, memory_resident: 30 },
      ...{ memory_available: null, memory_unused: null, memory_usable: null, answered: time, at: time },
    },
    {
      ...{ hypervisor: 'host1', domain: 'theirs', managed: 0, state: 'running', cpu_us: 1_000_000 },
      ...{ cores: null, vcpus: 2, memory: null, memory_maximum: null, memory_resident: null },
      ...{ memory_available: null, memory_unused: null, memory_usable: null, answered: null, at: time },
    },
  ]);
  // It has written less than before: its counters have begun anew.
  expect(await read(database, 'SELECT * FROM v_domain_disk_stats')).toEqual([
    {
      ...{ hypervisor: 'host1', domain: 'web', disk: 'sda', read_requests: 1, read_bytes: 1_100 },
      ...{ written_requests: 2, written_bytes: 100, flushes: 3, capacity: 4_000, physical: 300 },
      ...{ read_per_second: expect.closeTo(100, -1), written_per_second: null, answered: time },
    },
  ]);
  expect(
    await read(
      database,
      `SELECT domain, interface, received_bytes, sent_dropped, received_per_second, sent_per_second
       FROM v_domain_nic_stats WHERE domain = 'web'`,
    ),
  ).toEqual([
    {
      ...{ domain: 'web', interface: 'vnet0', received_bytes: 1_100, sent_dropped: 8, sent_per_second: null },
      received_per_second: expect.closeTo(100, -1),
    },
    {
      ...{ domain: 'web', interface: 'vnet1', received_bytes: 1, sent_dropped: 0 },
      ...{ received_per_second: null, sent_per_second: null },
    },
  ]);
  expect(await read(database, 'SELECT domain, cpu_us FROM v_domain_readings ORDER BY at, domain')).toEqual([
    { domain: 'off', cpu_us: 1_000_000 },
    { domain: 'web', cpu_us: 1_000_000 },
    { domain: 'theirs', cpu_us: 1_000_000 },
    { domain: 'web', cpu_us: 6_000_000 },
  ]);
});

it('a guest that was started anew has no rates, and one that hangs none of its disks', async () => {
  const { database, record } = await stage();
  await record(10_000, [reading('web'), reading('uuid')]);
  const more = { cpu_us: 9_000_000, disks: reading('').disks };
  await record(0, [reading('web', { ...more, run: 2 }), reading('uuid', { ...more, answered_ago_ms: 10_000 })]);
  expect(
    await read(
      database,
      `SELECT domain, cores, read_per_second, s.answered < s.at AS stands
       FROM v_domain_stats s JOIN v_domain_disk_stats USING (hypervisor, domain) ORDER BY domain DESC`,
    ),
  ).toEqual([
    { domain: 'web', cores: null, read_per_second: null, stands: 0 },
    { domain: 'theirs', cores: expect.closeTo(0.8, 1), read_per_second: null, stands: 1 },
  ]);
});

it('a pass of no guests deletes what is old, and says when nothing remains', async () => {
  const { record } = await stage();
  expect(await record(90 * 60_000, [reading('web')])).toBe(1);
  expect(await record(0, [])).toBe(0);
});

it('they are kept for an hour, or for less if that were too many', () => {
  expect([0, 1, 277].map(keepDomainsMs)).toEqual([3_600_000, 3_600_000, 3_600_000]);
  expect(keepDomainsMs(500)).toBe(2_000_000);
});
