import type { Database } from '../../schema/database/database.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import type { Change } from '../kinds/resource.ts';
import type { Changes, Records } from './records.ts';

export interface LoadRequest {
  readonly records: Pick<Records<unknown>, 'load'>;
  readonly operations: readonly ClaimedOperation[];
}

/** What operations are to change, by their sequences: one read for all kinds, on one snapshot. */
export async function load(database: Database, requests: readonly LoadRequest[]): Promise<Changes<unknown>> {
  const loadings = requests.map(({ records, operations }) => records.load(operations));
  const statements = loadings.flatMap((each) => each.statements);
  const rows = statements.length === 0 ? [] : await database.read(statements, { call: 'load' });
  const changes = new Map<number, Change<unknown> | null>();
  let from = 0;
  for (const each of loadings) {
    const own = each.result(rows.slice(from, from + each.statements.length));
    for (const [sequence, change] of own) changes.set(sequence, change);
    from += each.statements.length;
  }
  return changes;
}
