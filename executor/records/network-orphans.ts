import { type Database, statement } from '../../schema/database/database.ts';
import type { Network } from '../kinds/network/desired.ts';
import type { Labelled } from '../kinds/resource.ts';
import { bridgesSubject } from './bridges-rows.ts';
import type { Resting } from './records.ts';

/** So many resources are asked for at once: of a wrong database it may be everything. */
const ASKED_AT_ONCE = 500;

/**
 * A container's namespace has the container's name; links are their CEN's under whatever name, or of the bridges of a
 * hypervisor, which looks after them itself.
 */
const selectOrphans = `
  SELECT j.key AS place FROM json_each(:labelled) j
  WHERE NOT EXISTS (SELECT 1 FROM cens n WHERE n.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'link')
    AND NOT EXISTS (
      SELECT 1 FROM hypervisors h
      WHERE h.id = substr(j.value ->> 'resource', length('hypervisors/') + 1, 36)
        AND ${bridgesSubject('h.id')} = j.value ->> 'resource' AND j.value ->> 'kind' = 'link')
    AND NOT EXISTS (
      SELECT 1 FROM containers c
      WHERE c.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'namespace' AND c.name = j.value ->> 'name')`;

interface Asked {
  readonly kind: Labelled['kind'];
  readonly resource: string;
  readonly name: string;
}

/**
 * Of what bears our label, that which no row knows. Rows that were known before the host was looked at are not asked for
 * again: what has lost its row since then is found by the next look. Of the rest one resource is asked for once, however
 * much is labelled with it.
 */
export async function findOrphans(
  database: Pick<Database, 'read'>,
  labelled: readonly Labelled[],
  known: readonly Resting<Network>[],
): Promise<Labelled[]> {
  const owners = ownersOf(known);
  const unknown = labelled.filter((each) => !owners.has(ownerOf(each)));
  const groups = [...Map.groupBy(unknown, ownerOf).values()];
  const orphans: Labelled[] = [];
  for (let first = 0; first < groups.length; first += ASKED_AT_ONCE) {
    const page = groups.slice(first, first + ASKED_AT_ONCE);
    for (const place of await ask(database, page.flatMap(askedOf))) orphans.push(...(page[place] ?? []));
  }
  return orphans;
}

/** A namespace is its container's by label and name, a link its network's by the label alone. */
function ownerOf({ kind, resource, name }: Labelled): string {
  return `${kind} ${resource} ${kind === 'namespace' ? name : ''}`;
}

function ownersOf(known: readonly Resting<Network>[]): ReadonlySet<string> {
  return new Set(
    known.flatMap(({ touchedBy: [resource = ''], desired: { namespaces, segments } }) => [
      ...namespaces.map(({ name }) => `namespace ${resource} ${name}`),
      ...segments.map(() => `link ${resource} `),
    ]),
  );
}

function askedOf([first]: readonly Labelled[]): Asked[] {
  return first ? [{ kind: first.kind, resource: first.resource, name: first.name }] : [];
}

/** The places in the list of those that are in no row. */
async function ask(database: Pick<Database, 'read'>, asked: readonly Asked[]): Promise<number[]> {
  const [rows] = await database.read(
    [statement<{ place: number }>(selectOrphans, { labelled: JSON.stringify(asked) })],
    { call: 'look.orphans' },
  );
  return rows.map(({ place }) => place);
}
