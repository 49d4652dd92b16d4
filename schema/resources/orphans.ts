import { type Statement, statement } from '../database/database.ts';
import { type Labelled, ownerOf } from './definition.ts';
import { resources } from './registry.ts';

const unknownToAll = resources.flatMap(({ owners = [] }) => owners.map((rows) => `NOT EXISTS (${rows})`));

const selectOrphans = `SELECT j.key AS place FROM json_each(:labelled) j WHERE ${unknownToAll.join(' AND ')}`;

const ownedByName = new Set(resources.flatMap((each) => each.ownedByName ?? []));

function ownerIn({ kind, resource, name }: Labelled): string {
  return ownerOf(kind, resource, ownedByName.has(kind) ? name : null);
}

/** So many resources are asked for at once: of a wrong database it may be everything. */
const ASKED_AT_ONCE = 500;

/**
 * Of what bears our label, that which may have no row, by owners: one of each is asked for, however much is labelled with
 * it. Owners that were known before the host was looked at are not asked for again: what has lost its row since then is
 * found by the next look.
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

/** The places of those groups that are in no row. */
export function selectOrphanGroups(groups: readonly (readonly Labelled[])[]): Statement<{ place: number }> {
  const asked = groups.flatMap(([first]) =>
    first ? [{ kind: first.kind, resource: first.resource, name: first.name }] : [],
  );
  return statement<{ place: number }>(selectOrphans, { labelled: JSON.stringify(asked) });
}
