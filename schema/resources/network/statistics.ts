import type { containerStats } from '../../tables/container-stats.ts';
import type { RowOf } from '../../tables/row.ts';
import type { Note } from '../definition.ts';
import { keepMsOf, type PassOf, passStatements, type ReadingsTable, type Remain } from '../readings.ts';

/* What processes of containers use. */

/** Bytes, packets, errors and dropped packets, received and then sent, since the interface was made. */
export type InterfaceReading = readonly [
  name: string,
  ...received: readonly [bytes: number, packets: number, errors: number, dropped: number],
  ...sent: readonly [bytes: number, packets: number, errors: number, dropped: number],
];

type ReadingRow = RowOf<typeof containerStats>;

/** `container`: its id. */
export interface Reading extends Omit<ReadingRow, 'hypervisor' | 'at_ms' | 'interfaces'> {
  readonly interfaces: readonly InterfaceReading[];
}

export type Pass = PassOf<Reading>;

const columns = ['container', 'started_ms', 'cpu_us', 'memory', 'memory_limit', 'processes', 'interfaces'] as const;

const TABLE: ReadingsTable = {
  name: 'container_stats',
  columns,
  values: columns.map((name, index) => (name === 'interfaces' ? `value -> ${index}` : `value ->> ${index}`)),
  // Some 40 MB.
  rowsMax: 200_000,
};

/** How long readings are kept if a pass has so many: an hour, or less. */
export function keepMs(readings: number): number {
  return keepMsOf(TABLE, readings);
}

/** The readings of a pass. Its last row says whether there are any now. */
export const statisticsNote: Note<Pass, Remain> = {
  call: 'statistics.note',
  statements: (hypervisor, { readings, ...pass }) =>
    passStatements(TABLE, hypervisor, { ...pass, readings: readings.map(compact) }),
};

/** In the order of the columns. */
function compact(reading: Reading) {
  return columns.map((name) => reading[name]);
}
