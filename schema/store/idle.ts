import { type Database, statement } from '../database/database.ts';
import type { Changed, IdlePage, IdleRows, Labelled, Query, ResourceDefinition } from '../resources/definition.ts';
import { orphanGroups, selectOrphanGroups } from '../resources/orphans.ts';

/** Rows of resources that no operation is changing, of one snapshot. */
export interface LoadedPage {
  readonly idle: readonly IdleRows<unknown>[];
  /**
   * The resources among the changed that an unfinished operation is changing: to be compared again when that has ended.
   */
  readonly busy: readonly string[];
  /** The sequence of the last operation when the rows were read. */
  readonly since: number;
}

/** The queries of a comparison of the host with the rows. */
export interface ScanRows {
  /**
   * By the name of a kind of resource: its rows that no unfinished operation changes, all of them or those that the
   * host's events named.
   */
  loadIdle(kind: string, changed: Changed): AsyncIterable<LoadedPage>;
  /** The labelled objects on the host that have no row. `owners`: those of rows that were just read. */
  findOrphans(labelled: readonly Labelled[], owners: ReadonlySet<string>): Promise<Labelled[]>;
}

const selectLast = statement<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM operations');

export function scanRows(
  database: Pick<Database, 'read'>,
  hypervisor: string,
  definitions: readonly ResourceDefinition[],
): ScanRows {
  return {
    loadIdle(kind, changed) {
      const definition = definitions.find(({ name }) => name === kind);
      if (definition === undefined) throw new Error(`there is no kind of resource ${kind}`);
      return loadPages(database, definition, definition.loadIdle?.(hypervisor, changed) ?? null);
    },
    findOrphans: (labelled, owners) => findOrphans(database, labelled, owners),
  };
}

/**
 * Each page is a snapshot of its own. Each row is compared by itself, with its own generation, and the host is read
 * after the last page: for the scan, a row that changes between two pages is like one that changes after the last.
 */
async function* loadPages(
  database: Pick<Database, 'read'>,
  { name }: ResourceDefinition,
  first: Query<IdlePage<unknown>> | null,
): AsyncGenerator<LoadedPage> {
  for (let query = first; query !== null; ) {
    const rows = await database.read([...query.statements, selectLast], { call: `scan.${name}` });
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
    const [places] = await database.read([selectOrphanGroups(groups)], { call: 'scan.orphans' });
    for (const { place } of places) orphans.push(...(groups[place] ?? []));
  }
  return orphans;
}
