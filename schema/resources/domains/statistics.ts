import type { domainStats } from '../../tables/domain-stats.ts';
import type { RowOf } from '../../tables/row.ts';
import type { Note } from '../definition.ts';
import { keepMsOf, type PassOf, passStatements, type ReadingsTable, type Remain } from '../readings.ts';

/* What virtual machines use. Numbers are null if libvirt does not tell them. */

type Count = number | null;

/**
 * In bytes: what the guest has now and may have at most, what its process takes of the host, and, if the guest has a driver
 * that tells them, what its kernel can use, what it uses for nothing, and what it could use without swapping.
 */
export type MemoryReading = readonly [
  current: Count,
  maximum: Count,
  resident: Count,
  available: Count,
  unused: Count,
  usable: Count,
];

/** Requests and bytes since the start of the guest, and sizes in bytes: of the disk, and of its file on the host. */
export type DiskReading = readonly [
  name: string,
  ...read: readonly [requests: Count, bytes: Count],
  ...written: readonly [requests: Count, bytes: Count],
  flushes: Count,
  capacity: Count,
  physical: Count,
];

/** Bytes, packets, errors and dropped packets, received by the guest and then sent, since its start. */
export type NicReading = readonly [
  name: string,
  ...received: readonly [bytes: Count, packets: Count, errors: Count, dropped: Count],
  ...sent: readonly [bytes: Count, packets: Count, errors: Count, dropped: Count],
];

type ReadingRow = RowOf<typeof domainStats>;

/** `domain`: its UUID in libvirt. */
export interface DomainReading extends Pick<ReadingRow, 'domain' | 'run' | 'state' | 'cpu_us' | 'vcpus'> {
  /** How long before the pass its process has answered last, in milliseconds; null: not yet. */
  readonly answered_ago_ms: number | null;
  /** Null: its process has not answered yet. */
  readonly memory: MemoryReading | null;
  readonly disks: readonly DiskReading[];
  readonly nics: readonly NicReading[];
}

export type DomainPass = PassOf<DomainReading>;

const TABLE: ReadingsTable = {
  name: 'domain_stats',
  columns: ['domain', 'run', 'state', 'cpu_us', 'vcpus', 'answered_ms', 'memory', 'disks', 'nics'],
  values: [
    ...['value ->> 0', 'value ->> 1', 'value ->> 2', 'value ->> 3', 'value ->> 4', 't.at_ms - (value ->> 5)'],
    ...['value -> 6', 'value -> 7', 'value -> 8'],
  ],
  // Some 40 MB with two disks and two interfaces each.
  rowsMax: 100_000,
};

/** How long readings are kept if a pass has so many: an hour, or less. */
export function keepDomainsMs(readings: number): number {
  return keepMsOf(TABLE, readings);
}

/** The readings of a pass. Its last row says whether there are any now. */
export const domainStatisticsNote: Note<DomainPass, Remain> = {
  call: 'domains.stats',
  statements: (hypervisor, { readings, ...pass }) =>
    passStatements(TABLE, hypervisor, { ...pass, readings: readings.map(compact) }),
};

/** In the order of the columns. */
function compact({ domain, run, state, cpu_us, vcpus, answered_ago_ms, memory, disks, nics }: DomainReading) {
  return [domain, run, state, cpu_us, vcpus, answered_ago_ms, memory, disks, nics];
}
