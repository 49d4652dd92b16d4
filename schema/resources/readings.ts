import { now, type Statement, statement } from '../database/database.ts';

/* Readings of what resources use: of all that run on a hypervisor, one pass after another, a row each. */

/** How often they are read. */
export const PASS_MS = 10_000;
const KEEP_MS = 3_600_000;
/** What a pass deletes at most, so that it is short also when very much is old at once. */
const PRUNED_MS = 3 * PASS_MS;

/** A pass of readings of one kind. */
export interface PassOf<Reading> {
  /** How long ago it began, in milliseconds: the time of a reading is by the database's clock. */
  readonly ageMs: number;
  /** Older readings are deleted. */
  readonly keepMs: number;
  readonly readings: readonly Reading[];
}

/** Whether there are any readings after a pass. */
export interface Remain {
  readonly remain: number;
}

export interface ReadingsTable {
  readonly name: 'container_stats' | 'domain_stats';
  /** The columns after `hypervisor` and `at_ms`. */
  readonly columns: readonly string[];
  /** How each of them is taken from `value`, a reading as JSON, and `at_ms`. */
  readonly values: readonly string[];
  /** Rows of a hypervisor at most. */
  readonly rowsMax: number;
}

/** An hour, or so much less that there are never too many if a pass has so many readings. */
export function keepMsOf({ rowsMax }: Pick<ReadingsTable, 'rowsMax'>, readings: number): number {
  return Math.min(KEEP_MS, Math.floor(rowsMax / Math.max(1, readings)) * PASS_MS);
}

/** Writes a pass, with readings as JSON. The last statement says whether there are any readings now. */
export function passStatements<Reading>(
  { name, columns, values }: ReadingsTable,
  hypervisor: string,
  { ageMs, keepMs, readings }: PassOf<Reading>,
): Statement<Remain>[] {
  const args = { hypervisor, age: ageMs, keep: keepMs, readings: JSON.stringify(readings) };
  return [
    // Readings of a moment that is yet to come were written before the clock was set back.
    `DELETE FROM ${name} WHERE hypervisor = :hypervisor AND at_ms >= ${now} - :age`,
    `DELETE FROM ${name} WHERE hypervisor = :hypervisor AND at_ms < min(${now} - :age - :keep,
      (SELECT min(at_ms) FROM ${name} WHERE hypervisor = :hypervisor) + ${PRUNED_MS})`,
    `INSERT INTO ${name} (hypervisor, at_ms, ${columns.join(', ')})
     SELECT :hypervisor, t.at_ms, ${values.join(', ')}
     FROM (SELECT ${now} - :age AS at_ms) t CROSS JOIN json_each(:readings)`,
    `SELECT EXISTS (SELECT 1 FROM ${name} WHERE hypervisor = :hypervisor) AS remain`,
  ].map((sql) => statement<Remain>(sql, args));
}
