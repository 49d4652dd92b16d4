import type { Database } from '../database/database.ts';
import type { ClaimedOperation, FindDefinition } from '../resources/definition.ts';
import type { Registration } from './registration.ts';

/** The rows of operations, by their sequences: one read for all kinds, on one snapshot. */
export async function load(
  database: Database,
  { hypervisor }: Registration,
  definitionOf: FindDefinition,
  operations: readonly ClaimedOperation[],
): Promise<ReadonlyMap<number, unknown>> {
  const loadings = [...Map.groupBy(operations, ({ kind }) => definitionOf(kind))].map(([definition, own]) => {
    if (definition === undefined) throw new Error(`no kind of resource has operations ${own[0]?.kind}`);
    return { own, ...definition.load(hypervisor, own) };
  });
  const statements = loadings.flatMap((each) => each.statements);
  const found = statements.length === 0 ? [] : await database.read(statements, { call: 'load' });
  const rows = new Map<number, unknown>();
  let from = 0;
  for (const { own, statements: asked, result } of loadings) {
    const rowsOf = result(found.slice(from, from + asked.length));
    for (const operation of own) rows.set(operation.sequence, rowsOf(operation));
    from += asked.length;
  }
  return rows;
}
