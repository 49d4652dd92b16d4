import type { HostReading, HostStatistics } from '../../../schema/api/compute/statistics.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import type { DiskReading, MemoryReading, NicReading } from '../../../schema/resources/domains/statistics.ts';
import type { domainStats } from '../../../schema/tables/domain-stats.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { timestamp } from '../../operations/operation.ts';
import { readDomain } from './read.ts';

type Where = Pick<CommandContext, 'database' | 'host'>;

type ReadingRow = Omit<RowOf<typeof domainStats>, 'hypervisor' | 'domain'>;

const columns = 's.at_ms, s.run, s.state, s.cpu_us, s.vcpus, s.answered_ms, s.memory, s.disks, s.nics';

/** The pass of a hypervisor that is next to one, in either direction. */
const passNext = {
  before: 'SELECT max(s.at_ms) FROM domain_stats s WHERE s.hypervisor = :hypervisor AND s.at_ms <',
  after: 'SELECT min(s.at_ms) FROM domain_stats s WHERE s.hypervisor = :hypervisor AND s.at_ms >',
};

/** Readings of a domain, pass by pass: there are 360 at most, and the readings of others are not gone through. */
const selectReadings = (direction: keyof typeof passNext) => `
  WITH RECURSIVE passes (at_ms) AS (
    ${passNext[direction]} :from
    UNION ALL
    SELECT (${passNext[direction]} passes.at_ms) FROM passes WHERE at_ms IS NOT NULL)
  SELECT ${columns}
  FROM passes p CROSS JOIN domain_stats s ON s.hypervisor = :hypervisor AND s.at_ms = p.at_ms AND s.domain = :domain
  LIMIT :limit`;

const selectBefore = selectReadings('before');
const selectAfter = selectReadings('after');

/** No reading is later. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** What a domain used when it was last read, also one that weft did not make. Throws as {@link readDomain} does. */
export async function readHostStatistics(where: Where, name: string): Promise<HostStatistics> {
  const { body, hypervisor } = await readDomain(where, name);
  const of = { hypervisor, domain: body.id };
  const [[last, before]] = await where.database.read([
    statement<ReadingRow>(selectBefore, { ...of, from: END_OF_TIME, limit: 2 }),
  ]);
  const reading = last === undefined ? UNREAD : readingOf(last, before);
  return { name: body.name, hypervisor: body.hypervisor, ...reading };
}

/** A part of the series of a domain. */
export interface ReadingSeries {
  /** Oldest first. */
  readonly readings: readonly HostReading[];
  /** Whether there are later ones. */
  readonly more: boolean;
}

/** The readings of a domain after a time, in milliseconds. Throws as {@link readDomain} does. */
export async function readHostSeries(
  where: Where,
  name: string,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<ReadingSeries> {
  const { body, hypervisor } = await readDomain(where, name);
  const rows = await readSeries(where.database, { hypervisor, domain: body.id, since, limit: limit + 1 });
  const readings = rows.after.slice(0, limit).map((row, index) => readingOf(row, rows.after[index - 1] ?? rows.before));
  return { readings, more: rows.after.length > limit };
}

interface SeriesOptions {
  readonly hypervisor: string;
  readonly domain: string;
  readonly since: number;
  readonly limit: number;
}

/** `before`: the reading that precedes the first one. */
async function readSeries(database: Database, { since, limit, ...of }: SeriesOptions) {
  const [after, [before]] = await database.read([
    statement<ReadingRow>(selectAfter, { ...of, from: since, limit }),
    statement<ReadingRow>(selectBefore, { ...of, from: since + 1, limit: 1 }),
  ]);
  return { after, before };
}

const UNREAD: HostReading = {
  ...{ at: null, answered: null, state: null, cpu: { microseconds: null, cores: null, vcpus: null } },
  memory: memoryOf(null),
  disks: [],
  interfaces: [],
};

function readingOf(row: ReadingRow, before: ReadingRow | undefined): HostReading {
  return {
    at: timestamp(row.at_ms),
    answered: row.answered_ms === null ? null : timestamp(row.answered_ms),
    state: row.state,
    cpu: { microseconds: row.cpu_us, cores: coresBetween(before, row), vcpus: row.vcpus },
    memory: memoryOf(JSON.parse(row.memory)),
    disks: (JSON.parse(row.disks) as DiskReading[]).map(diskOf),
    interfaces: (JSON.parse(row.nics) as NicReading[]).map(interfaceOf),
  };
}

/** Null unless both are of the same run. */
function coresBetween(before: ReadingRow | undefined, last: ReadingRow): number | null {
  if (before === undefined || before.run !== last.run) return null;
  if (before.cpu_us === null || last.cpu_us === null || last.cpu_us < before.cpu_us) return null;
  const microseconds = (last.at_ms - before.at_ms) * 1000;
  return Math.round(((last.cpu_us - before.cpu_us) / microseconds) * 1000) / 1000;
}

function memoryOf(reading: MemoryReading | null): HostReading['memory'] {
  const [current, maximum, resident, available, unused, usable] = reading ?? [null, null, null, null, null, null];
  return { current, maximum, resident, available, unused, usable };
}

function diskOf([name, ...counts]: DiskReading): HostReading['disks'][number] {
  const [readRequests, readBytes, requests, bytes, flushes, capacity, physical] = counts;
  const read = { requests: readRequests, bytes: readBytes };
  return { name, read, written: { requests, bytes }, flushes, capacity, physical };
}

function interfaceOf([name, ...counts]: NicReading): HostReading['interfaces'][number] {
  const [receivedBytes, receivedPackets, receivedErrors, receivedDropped, bytes, packets, errors, dropped] = counts;
  return {
    name,
    received: { bytes: receivedBytes, packets: receivedPackets, errors: receivedErrors, dropped: receivedDropped },
    sent: { bytes, packets, errors, dropped },
  };
}
