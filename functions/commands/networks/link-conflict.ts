import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { linkName, shortName } from '../../../schema/names.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Target } from '../../operations/targets/target.ts';

/** Names in a request, without duplicates. */
export interface RequestedNames {
  readonly cens?: readonly string[];
  readonly containers?: readonly string[];
}

/** The text for a link name that two objects would have; it names both if they can still be found afterwards. */
export async function linkConflict(database: Database, on: Target, requested: RequestedNames): Promise<Problem> {
  const cens = [...new Set(requested.cens)];
  const containers = [...new Set(requested.containers)];
  const found =
    (await takenByOthers(database, on, cens)) ??
    sameLink(cens) ??
    sameShortName(containers) ??
    (await likeOthers(database, on, containers)) ??
    cenLikeContainer(cens, containers);
  const detail = found
    ? `${found.left} and ${found.right} would have the same link name ${found.link}`
    : 'The link name is in use by another CEN, container or subnet';
  return new Problem('conflict', detail, { hint: 'Choose another id; select * from host_names shows all names' });
}

interface Conflict {
  readonly link: string;
  readonly left: string;
  readonly right: string;
}

interface Owner {
  readonly name: string;
  readonly cen: string | null;
  readonly container: string | null;
  readonly network: string | null;
}

/** The owners of the link names that `condition` selects over `x`, as texts. */
function selectOwners(on: Target, condition: string, args: Statement['args']): Statement<Owner> {
  return statement<Owner>(
    `SELECT x.name, n.name AS cen, c.name AS container, p.name AS network
     FROM json_each(:names) j CROSS JOIN host_names x ON x.hypervisor = ${on.sql} AND x.kind = 'link' AND ${condition}
     LEFT JOIN cens n ON n.id = x.owner
     LEFT JOIN members m ON x.owner LIKE 'members/%' AND m.id = CAST(substr(x.owner, 9) AS INTEGER)
     LEFT JOIN containers c ON c.id = m.container
     LEFT JOIN cens p ON p.id = m.cen
     ORDER BY j.key, x.name`,
    { ...on.args, ...args },
  );
}

function ownerText({ cen, container, network }: Owner): string {
  if (cen !== null) return `CEN ${cen}`;
  return container === null ? 'the interface of a subnet' : `container ${container} in CEN ${network}`;
}

async function takenByOthers(database: Database, on: Target, cens: readonly string[]): Promise<Conflict | undefined> {
  const [owners] = await database.read([
    selectOwners(on, 'x.name = j.value', { names: JSON.stringify(cens.map(linkName)) }),
  ]);
  for (const cen of cens) {
    const owner = owners.find(({ name, cen: other }) => name === linkName(cen) && other !== cen);
    if (owner) return { link: owner.name, left: `CEN ${cen}`, right: ownerText(owner) };
  }
  return undefined;
}

function sameLink(cens: readonly string[]): Conflict | undefined {
  const pair = firstPair(cens, linkName);
  return pair && { link: linkName(pair[0]), left: `CEN ${pair[0]}`, right: `CEN ${pair[1]}` };
}

function sameShortName(containers: readonly string[]): Conflict | undefined {
  const pair = firstPair(
    containers.filter((container) => shortName(container) !== container),
    shortName,
  );
  return pair && { link: `${shortName(pair[0])}.0o`, left: `container ${pair[0]}`, right: `container ${pair[1]}` };
}

function firstPair(names: readonly string[], key: (name: string) => string): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(key(name));
    if (other !== undefined) return [other, name];
    seen.set(key(name), name);
  }
  return undefined;
}

/** The possible prefixes of a container's link names: its name, and its short name where that differs. */
function stemsOf(container: string): string[] {
  return [...new Set([container, shortName(container)])];
}

/** Other objects with a name that links of these containers may get. */
async function likeOthers(
  database: Database,
  on: Target,
  containers: readonly string[],
): Promise<Conflict | undefined> {
  const stems = new Map(
    containers.flatMap((container) => stemsOf(container).map((stem) => [stem, container] as const)),
  );
  // "/" follows "." in ASCII, and no name contains it.
  const [owners] = await database.read([
    selectOwners(on, "x.name > j.value || '.' AND x.name < j.value || '/'", {
      names: JSON.stringify([...stems.keys()]),
    }),
  ]);
  for (const owner of owners) {
    const container = stems.get(stemOf(owner.name) ?? '');
    if (container !== undefined && owner.container !== container) {
      return { link: owner.name, left: `container ${container}`, right: ownerText(owner) };
    }
  }
  return undefined;
}

function cenLikeContainer(cens: readonly string[], containers: readonly string[]): Conflict | undefined {
  const stems = new Map(
    containers.flatMap((container) => stemsOf(container).map((stem) => [stem, container] as const)),
  );
  for (const cen of cens) {
    const container = stems.get(stemOf(linkName(cen)) ?? '');
    if (container !== undefined) return { link: linkName(cen), left: `CEN ${cen}`, right: `container ${container}` };
  }
  return undefined;
}

/** The `c1` of `c1.0o`; undefined: not the name of a container's link. */
function stemOf(link: string): string | undefined {
  return /^(.+)\.\d+o$/.exec(link)?.[1];
}
