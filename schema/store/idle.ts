import { type Database, statement } from '../database/database.ts';
import type { Changed, IdlePage, IdleRows, Labelled, Query, ResourceDefinition } from '../resources/definition.ts';
import { orphanGroups, selectOrphanGroups } from '../resources/orphans.ts';

/** Rows of what no operation is changing, as of one snapshot. */
export interface LoadedPage {
  readonly idle: readonly IdleRows<unknown>[];
  /** What of the changed an unfinished operation is changing: to be looked at again when that has ended. */
  readonly busy: readonly string[];
  /** The last operation that there was by then. */
  readonly since: number;
}

/** What a comparison of the host with the rows asks of the database. */
export interface LookRows {
  /** By the name of a kind of resource: what no unfinished operation changes, all of it or what the host's events named. */
  loadIdle(kind: string, changed: Changed): AsyncIterable<LoadedPage>;
  /** Of what bears our label on the host, that which belongs to no row. `owners`: those of rows that were read a moment ago. */
  findOrphans(labelled: readonly Labelled[], owners: ReadonlySet<string>): Promise<Labelled[]>;
}

const selectLast = statement<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM operations');

export function lookRows(
  database: Pick<Database, 'read'>,
  hypervisor: string,
  definitions: readonly ResourceDefinition[],
): LookRows {
  return {
    loadIdle(kind, changed) {
      const definition = definitions.find(({ name }) => name === kind);
      if (definition === undefined) throw new Error(`there is no kind of resource ${kind}`);
      return loadPages(database, definition, definition.loadIdle(hypervisor, changed));
    },
    findOrphans: (labelled, owners) => findOrphans(database, labelled, owners),
  };
}

/**
 * Each page is a snapshot of its own. Each row is judged by itself, by its own generation, and the host is looked at
 * after the last page: a row that changes between two pages is the same to the look as one that changes after the last.
 */
async function* loadPages(
  database: Pick<Database, 'read'>,
  { name }: ResourceDefinition,
  first: Query<IdlePage<unknown>> | null,
): AsyncGenerator<LoadedPage> {
  for (let query = first; query !== null; ) {
    const rows = await database.read([...query.statements, selectLast], { call: `look.${name}` });
    const { idle, busy, next }: IdlePage<unknown> = query.result(rows);
    yield { idle, busy, since: Number(Reflect.get(Object(rows.at(-1)?.[0]), 'last')) };
    query = next;
  }
}

async function findOrphans(
  database: Pick<Database, 'read'>,
  labelled: readonly Labelled[],
  owners: ReadonlySet<string>,
): Promise<Labelled[]> {
  const orphans: Labelled[] = [];
  for (const groups of orphanGroups(labelled, owners)) {
    const [places] = await database.read([selectOrphanGroups(groups)], { call: 'look.orphans' });
    for (const { place } of places) orphans.push(...(groups[place] ?? []));
  }
  return orphans;
}
