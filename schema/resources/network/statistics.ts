import { now, type Statement, statement } from '../../database/database.ts';
import type { containerStats } from '../../tables/container-stats.ts';
import type { RowOf } from '../../tables/row.ts';
import type { Note } from '../definition.ts';

/* What processes of containers use: readings of all that run, one pass after another. */

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

export interface Pass {
  /** How long ago it began, in milliseconds: the time of a reading is by the database's clock. */
  readonly ageMs: number;
  /** Older readings are deleted. */
  readonly keepMs: number;
  readonly readings: readonly Reading[];
}

/** How often processes are read. */
export const PASS_MS = 10_000;
const KEEP_MS = 3_600_000;
/** Of a hypervisor. */
const ROWS_MAX = 200_000;
/** What a pass deletes at most, so that it is short also when very much is old at once. */
const PRUNED_MS = 3 * PASS_MS;

/**
 * How long readings are kept if a pass has so many: an hour, and so much less that there are never more than 200,000,
 * which take some 40 MB.
 */
export function keepMs(readings: number): number {
  return Math.min(KEEP_MS, Math.floor(ROWS_MAX / Math.max(1, readings)) * PASS_MS);
}

/** Readings of a moment that is yet to come were written before the clock was set back. */
const FUTURE = `DELETE FROM container_stats WHERE hypervisor = :hypervisor AND at_ms >= ${now} - :age`;

const OLD = `
  DELETE FROM container_stats WHERE hypervisor = :hypervisor AND at_ms < min(${now} - :age - :keep,
    (SELECT min(at_ms) FROM container_stats WHERE hypervisor = :hypervisor) + ${PRUNED_MS})`;

const INSERT = `
  INSERT INTO container_stats (
    hypervisor, at_ms, container, started_ms, cpu_us, memory, memory_limit, processes, interfaces)
  SELECT :hypervisor, t.at_ms, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value -> 6
  FROM (SELECT ${now} - :age AS at_ms) t CROSS JOIN json_each(:readings)`;

const LEFT = 'SELECT EXISTS (SELECT 1 FROM container_stats WHERE hypervisor = :hypervisor) AS remain';

interface Remain {
  readonly remain: number;
}

/** The readings of a pass. Its last row says whether there are any now. */
export const statisticsNote: Note<Pass, Remain> = {
  call: 'statistics.note',
  statements: (hypervisor, { ageMs, keepMs, readings }): Statement<Remain>[] => {
    const args = { hypervisor, age: ageMs, keep: keepMs, readings: JSON.stringify(readings.map(compact)) };
    return [FUTURE, OLD, INSERT, LEFT].map((sql) => statement<Remain>(sql, args));
  },
};

/** In the order of the columns. */
function compact({ container, started_ms, cpu_us, memory, memory_limit, processes, interfaces }: Reading) {
  return [container, started_ms, cpu_us, memory, memory_limit, processes, interfaces];
}
