import { type Statement, statement } from '../database/database.ts';
import { type Labelled, ownerOf } from './definition.ts';
import { resources } from './registry.ts';

const unknownToAll = resources.flatMap(({ owners = [] }) => owners.map((rows) => `NOT EXISTS (${rows})`));

const selectOrphans = `SELECT j.key AS place FROM json_each(:labelled) j WHERE ${unknownToAll.join(' AND ')}`;

const ownedByName = new Set(resources.flatMap((each) => each.ownedByName ?? []));

function ownerIn({ kind, resource, name }: Labelled): string {
  return ownerOf(kind, resource, ownedByName.has(kind) ? name : null);
}

/** The number of owners in one query: with the wrong database every object may be an orphan. */
const ASKED_AT_ONCE = 500;

/**
 * The labelled objects that may have no row, grouped by owner: one object of each group is queried, however many there
 * are. Owners that were known before the host was read are not queried: one whose row has been deleted since is found
 * by the next scan.
 */
export function orphanGroups(
  labelled: readonly Labelled[],
  owners: ReadonlySet<string>,
): (readonly (readonly Labelled[])[])[] {
  const unknown = labelled.filter((each) => !owners.has(ownerIn(each)));
  const groups = [...Map.groupBy(unknown, ownerIn).values()];
  const pages: (readonly (readonly Labelled[])[])[] = [];
  for (let first = 0; first < groups.length; first += ASKED_AT_ONCE) {
    pages.push(groups.slice(first, first + ASKED_AT_ONCE));
  }
  return pages;
}

/** The indexes of the groups without a row. */
export function selectOrphanGroups(groups: readonly (readonly Labelled[])[]): Statement<{ place: number }> {
  const asked = groups.flatMap(([first]) =>
    first ? [{ kind: first.kind, resource: first.resource, name: first.name }] : [],
  );
  return statement<{ place: number }>(selectOrphans, { labelled: JSON.stringify(asked) });
}
