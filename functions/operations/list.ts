import type { OperationsQuery } from '../../schema/api/operations.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { memoize } from '../../schema/database/memoize.ts';
import { EXECUTE } from '../../schema/resources/calls.ts';
import { type OperationRow, selectFrom } from './operation.ts';

/*
 * The list of operations, newest first. One of the requested conditions selects an index, which returns operations in
 * the order of the list. If there are other conditions, or no index, a page examines a limited number of operations: it
 * may be short or empty, and still have a next one.
 */

export const EXAMINED_MAX = 5_000;

type Filter = Pick<OperationsQuery, 'status' | 'kind' | 'subject' | 'parent'>;

/** The most selective condition comes first: it selects the index. */
function conditionsOf({ status, kind, subject, parent }: Filter): string[] {
  // A literal, not a parameter: the indexes of statuses are partial, and SQLite does not use them for a parameter.
  const hasStatus = status === undefined ? [] : [`status = '${status}'`];
  const isOpen = status === 'pending' || status === 'running';
  const isUnsuccessful = status === 'failed' || status === 'cancelled';
  return [
    ...(isOpen ? hasStatus : []),
    ...(parent === undefined ? [] : ['parent = (SELECT sequence FROM operations WHERE id = :parent)']),
    ...(subject === undefined ? [] : ['resource = :subject']),
    ...(isUnsuccessful ? hasStatus : []),
    ...(kind === undefined ? [] : ['kind = :kind']),
    ...(status === 'succeeded' ? hasStatus : []),
  ];
}

const SUCCEEDED = "status = 'succeeded'";

interface Texts {
  readonly page: string;
  /** The limit of operations that a page examines if it may not return all of them; null: no limit. */
  readonly frontier: string | null;
}

/** Conditions, one on each line. */
const textsOf = memoize((conditions: string): Texts => {
  const [first, ...others] = conditions.split('\n').filter((condition) => condition !== '');
  const chosen = first === undefined || first === SUCCEEDED ? [] : [first];
  const checked = first === SUCCEEDED ? [first] : others;
  const rows = (columns: string, limit: string) => `
    SELECT ${columns} FROM operations WHERE ${[...chosen, 'sequence < :before'].join(' AND ')}
    ORDER BY sequence DESC LIMIT ${limit}`;
  if (checked.length === 0) return { page: pageOf(rows('sequence', ':limit + 1')), frontier: null };
  const examined = rows(`sequence, ${checked.join(' AND ')} AS wanted`, `${EXAMINED_MAX}`);
  return {
    page: pageOf(`SELECT sequence FROM (${examined}) WHERE wanted LIMIT :limit + 1`),
    frontier: `SELECT count(*) AS count, min(sequence) AS last FROM (${rows('sequence', `${EXAMINED_MAX}`)})`,
  };
});

/** The output of commands is for the one who asks for its operation; a page of it would be gigabytes. */
const listedResult = `CASE o.kind WHEN '${EXECUTE}' THEN NULL ELSE o.result END`;

function pageOf(found: string): string {
  return `${selectFrom(`(${found}) f CROSS JOIN operations`, listedResult)} WHERE o.sequence = f.sequence ORDER BY o.sequence DESC`;
}

export interface OperationPage {
  readonly rows: readonly OperationRow[];
  /** The cursor of the next page, which contains the operations before it; undefined: there is no next page. */
  readonly next: number | undefined;
}

interface Frontier {
  readonly count: number;
  readonly last: number | null;
}

export async function readOperations(database: Pick<Database, 'read'>, query: OperationsQuery): Promise<OperationPage> {
  const { page, frontier } = textsOf(conditionsOf(query).join('\n'));
  const { kind = null, subject = null, parent = null, before = Number.MAX_SAFE_INTEGER, limit } = query;
  const args = { kind, subject, parent, before, limit };
  const [found, [seen] = []] = await database.read([
    statement<OperationRow>(page, args),
    ...(frontier === null ? [] : [statement<Frontier>(frontier, args)]),
  ]);
  if (found.length > limit) {
    const rows = found.slice(0, limit);
    return { rows, next: rows.at(-1)?.sequence };
  }
  return { rows: found, next: seen?.count === EXAMINED_MAX ? (seen.last ?? undefined) : undefined };
}
