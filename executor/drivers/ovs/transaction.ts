import type { JsonRpcConnection } from './connection.ts';
import { OvsError, type OvsErrorCode } from './errors.ts';
import type { Value } from './values.ts';

export const DATABASE = 'Open_vSwitch';

export type TableName = 'Open_vSwitch' | 'Bridge' | 'Port' | 'Interface';

export type Row = Readonly<Record<string, Value>>;

export type Condition = readonly [column: string, relation: '==' | '!=' | 'includes' | 'excludes', value: Value];

export type Mutation = readonly [column: string, mutator: '+=' | 'insert' | 'delete', value: Value];

/** RFC 7047, section 5.2. `wait` has a timeout of 0: it guards and never waits. */
export type Operation =
  | { readonly op: 'assert'; readonly lock: string }
  | { readonly op: 'insert'; readonly table: TableName; readonly row: Row; readonly 'uuid-name'?: string }
  | {
      readonly op: 'select';
      readonly table: TableName;
      readonly where: readonly Condition[];
      readonly columns: readonly string[];
    }
  | { readonly op: 'update'; readonly table: TableName; readonly where: readonly Condition[]; readonly row: Row }
  | {
      readonly op: 'mutate';
      readonly table: TableName;
      readonly where: readonly Condition[];
      readonly mutations: readonly Mutation[];
    }
  | { readonly op: 'delete'; readonly table: TableName; readonly where: readonly Condition[] }
  | {
      readonly op: 'wait';
      readonly timeout: 0;
      readonly table: TableName;
      readonly where: readonly Condition[];
      readonly columns: readonly string[];
      readonly until: '==' | '!=';
      readonly rows: readonly Row[];
    }
  | { readonly op: 'comment'; readonly comment: string };

/**
 * Executes all of the operations or none, and returns their results.
 *
 * @throws OvsError that names the first operation that was refused, with OVSDB's own words: `expired` for an `assert`,
 * `busy` for a `wait`; `away` without an answer
 */
export async function transact(
  connection: JsonRpcConnection,
  operations: readonly Operation[],
  action: string,
): Promise<readonly unknown[]> {
  const results = await connection.call('transact', [DATABASE, ...operations], action);
  if (!Array.isArray(results)) {
    throw new OvsError({ code: 'refused', action, detail: 'ovsdb-server answered without results' });
  }
  checkResults(results, operations, action);
  return results;
}

/** A failed operation is followed by nulls; what fails at the commit is one more result behind the others. */
export function checkResults(results: readonly unknown[], operations: readonly Operation[], action: string): void {
  for (const [place, result] of results.entries()) {
    if (typeof result !== 'object' || result === null || !('error' in result)) continue;
    const ovsError = String(result.error);
    const ovsDetails = 'details' in result && typeof result.details === 'string' ? result.details : null;
    const detail = inWords(operations[place], place);
    throw new OvsError({ code: codeOf(ovsError, ovsDetails ?? ''), action, detail, ovsError, ovsDetails });
  }
}

function inWords(operation: Operation | undefined, place: number): string {
  if (operation === undefined) return 'the transaction was refused';
  if (operation.op === 'assert') return `the lock ${operation.lock} is not, or no longer, held`;
  const what = 'table' in operation ? `${operation.op} on ${operation.table}` : operation.op;
  return `operation ${place} (${what}) was refused`;
}

/** Said where two rows would have one name, among other violations. */
const IDENTICAL = 'identical values';

function codeOf(ovsError: string, ovsDetails: string): OvsErrorCode {
  switch (ovsError) {
    case 'not owner':
      return 'expired';
    case 'timed out':
      return 'busy';
    case 'constraint violation':
      return ovsDetails.includes(IDENTICAL) ? 'exists' : 'refused';
    case 'permission error':
    case 'not allowed':
      return 'denied';
    default:
      return 'refused';
  }
}
