import { quadOf } from '../../../schema/addresses/quad.ts';
import type { CinImport } from '../../../schema/api/leviathan-cins.ts';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { byName, resolve, type Target } from '../../operations/targets/target.ts';
import { cenKind, cinKind } from '../networks/network-kind.ts';
import { placesReader } from '../networks/places.ts';
import { censOf, importArguments } from './arguments.ts';
import { HIGHEST_BLOCK, LOWEST_BLOCK } from './statements.ts';

/* Why an import of CINs is refused. Each reads what has stopped it; if that is gone since, the client may try again. */

interface Importing extends CommandContext {
  readonly request: CinImport;
}

const readCens = placesReader(cenKind);
const readCins = placesReader(cinKind);

/** The JSON pointers of all CENs of a request, in the order of `censOf`. */
function pointersOf(request: CinImport): string[] {
  return request.flatMap(({ cens, pointer }) => cens.map((_, index) => `${pointer}/${index}`));
}

/** CENs that no hypervisor has, that several have, or that are on different ones. */
export async function unknownCens({ database, host, request }: Importing): Promise<Problem> {
  const places = await readCens(database, censOf(request), host);
  const pointers = pointersOf(request);
  const errorsOf = (which: typeof places, text: (place: (typeof places)[number]) => string): MemberError[] =>
    which.map((each) => ({ pointer: pointers[each.place] ?? '', detail: text(each) }));
  const unknown = places.filter(({ hosts }) => hosts.length === 0);
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => name).join(', ');
    return new Problem('not_found', `CEN ${names} not found; nothing was imported`, {
      hint: 'POST /cen/import declares CENs',
      errors: errorsOf(unknown, ({ name }) => `CEN ${name} not found`),
    });
  }
  const several = places.find(({ hosts }) => hosts.length > 1);
  if (several) return severalPlaces(`CEN ${several.name}`, several.hosts);
  const [first] = places;
  const other = places.find(({ hosts }) => hosts[0] !== first?.hosts[0]);
  if (first === undefined || other === undefined) return new VersionConflict();
  return new Problem(
    'impossible',
    `CEN ${first.name} is on ${first.hosts[0]}, and CEN ${other.name} on ${other.hosts[0]}`,
    {
      hint: 'The CENs of one CIN are on one hypervisor, and a request is for one hypervisor',
      errors: errorsOf(places, ({ name, hosts }) => `CEN ${name} is on ${hosts[0]}`),
    },
  );
}

/** CINs that another hypervisor has already. */
export async function cinsElsewhere({ database, request }: Importing, on: Target): Promise<Problem> {
  const here = (await resolve(database, on))?.name ?? '';
  const places = await readCins(
    database,
    request.map(({ cinID }) => cinID),
    null,
  );
  const elsewhere = places.filter(({ hosts }) => hosts.length > 0 && !hosts.includes(here));
  const [first] = elsewhere;
  if (first === undefined) return new VersionConflict();
  return new Problem(
    'impossible',
    `CIN ${first.name} is on ${first.hosts[0]}; the CENs of one CIN are on one hypervisor`,
    {
      hint: 'A prefix declares another CIN of the same name: /hypervisors/{id}/…',
      errors: elsewhere.map(({ name, hosts }) => ({ pointer: `/${name}`, detail: `CIN ${name} is on ${hosts[0]}` })),
    },
  );
}

/** What is in the way of a CIN of the request: a CIN, or something on the host. */
interface Obstacle {
  readonly cin: string;
  readonly by: string;
  readonly first: number;
  readonly prefix: number;
}

async function readObstacles(
  { database, request }: Importing,
  { sql, args }: Target,
  select: (target: string) => string,
): Promise<readonly Obstacle[]> {
  const [rows] = await database.read([
    statement<Obstacle>(select(sql), { ...args, ...importArguments(request) }) satisfies Statement<Obstacle>,
  ]);
  return rows;
}

function refused(
  code: 'conflict' | 'impossible',
  obstacles: readonly Obstacle[],
  text: (obstacle: Obstacle) => string,
  hint: string,
): Problem {
  const errors = obstacles.map((each) => ({ pointer: `/${each.cin}/cidr`, detail: text(each) }));
  const [first] = errors;
  return first === undefined
    ? new VersionConflict()
    : new Problem(code, `${first.pointer} ${first.detail}`, { hint, errors });
}

const blockText = ({ first, prefix }: Pick<Obstacle, 'first' | 'prefix'>) => `${quadOf(first)}/${prefix}`;

/** CINs that have another block than the request names. */
export async function otherBlock(input: Importing, on: Target): Promise<Problem> {
  const found = await readObstacles(
    input,
    on,
    (target) => `
    SELECT i.name AS cin, i.name AS by, i.first, i.prefix
    FROM json_each(:cins) j CROSS JOIN cins i ON i.hypervisor = ${target} AND i.name = j.value ->> 'name'
    WHERE j.value ->> 'first' IS NOT NULL AND (i.first <> j.value ->> 'first' OR i.prefix <> j.value ->> 'prefix')`,
  );
  const hint = 'DELETE /cin/{id} frees the block of a CIN';
  return refused('conflict', found, (each) => `CIN ${each.by} has the block ${blockText(each)}`, hint);
}

/** Blocks of the request that overlap the block of another CIN. */
export async function blocksOverlap(input: Importing, on: Target): Promise<Problem> {
  const found = await readObstacles(
    input,
    on,
    (target) => `
    SELECT j.value ->> 'name' AS cin, i.name AS by, i.first, i.prefix
    FROM json_each(:cins) j
    CROSS JOIN cins i ON i.hypervisor = ${target} AND i.first <= j.value ->> 'last' AND i.last >= j.value ->> 'first'
    WHERE i.name <> j.value ->> 'name'`,
  );
  const hint = 'Choose another block, or leave cidr out';
  return refused('conflict', found, (each) => `overlaps ${blockText(each)} of CIN ${each.by}`, hint);
}

/** Blocks of the request that overlap addresses or routes of the host. */
export async function blocksUsed(input: Importing, on: Target): Promise<Problem> {
  const found = await readObstacles(
    input,
    on,
    (target) => `
    SELECT j.value ->> 'name' AS cin, u.used_by AS by, u.first, 0 AS prefix
    FROM json_each(:cins) j
    CROSS JOIN host_blocks u ON u.hypervisor = ${target} AND u.first <= j.value ->> 'last' AND u.last >= j.value ->> 'first'`,
  );
  const hint = 'Choose another block, or leave cidr out';
  return refused('impossible', found, ({ by }) => `overlaps what the host uses: ${by}`, hint);
}

/** All blocks that are allocated are used by CINs or the host. */
export async function noBlockLeft({ database }: Pick<CommandContext, 'database'>, on: Target): Promise<Problem> {
  const host = (await resolve(database, on))?.name ?? 'the hypervisor';
  const blocks = `10.${LOWEST_BLOCK}.0.0/16 to 10.${HIGHEST_BLOCK}.0.0/16`;
  return new Problem('impossible', `Too few of the blocks ${blocks} are free on ${host}`, {
    hint: 'Name a block: {"cin1":{"cens":["cen1"],"cidr":"172.20.0.0/16"}}',
  });
}

interface Owned {
  readonly cen: string;
  readonly cin: string;
  /** 1: it is to leave that CIN. */
  readonly leaves: number;
}

const selectOwners = (target: string) => `
  SELECT n.name AS cen, i.name AS cin, x.removed IS NOT NULL OR i.desired = 'absent' AS leaves
  FROM json_each(:names) j
  CROSS JOIN cens n ON n.hypervisor = ${target} AND n.name = j.value
  CROSS JOIN cin_cens x ON x.cen = n.id
  CROSS JOIN cins i ON i.id = x.cin
  ORDER BY j.key, leaves`;

/** The CINs that CENs are in. */
async function readOwners(database: Database, { sql, args }: Target, cens: readonly string[]) {
  const [rows] = await database.read([statement<Owned>(selectOwners(sql), { ...args, names: JSON.stringify(cens) })]);
  return rows;
}

function ownerText({ cen, cin, leaves }: Owned): string {
  return leaves === 1 ? `CEN ${cen} is in CIN ${cin} until that has let it go` : `CEN ${cen} is in CIN ${cin}`;
}

/** CENs of the request that are in other CINs. */
export async function censInOtherCins({ database, request }: Importing, on: Target): Promise<Problem> {
  const owners = await readOwners(database, on, censOf(request));
  const errors = request.flatMap(({ cinID, cens, pointer }) =>
    cens.flatMap((cen, index): MemberError[] => {
      const owner = owners.find((each) => each.cen === cen && each.cin !== cinID);
      return owner === undefined ? [] : [{ pointer: `${pointer}/${index}`, detail: ownerText(owner) }];
    }),
  );
  const [first] = errors;
  if (first === undefined) return new VersionConflict();
  return new Problem('conflict', `${first.pointer} ${first.detail}`, {
    hint: 'Import that CIN without it first: a CEN is in one CIN at most',
    errors,
  });
}

/** A CEN that cannot be deleted, since it is in a CIN. */
export async function cenInCin(database: Database, host: string, cen: string): Promise<Problem> {
  const [owner] = await readOwners(database, byName(host), [cen]);
  if (owner === undefined) return new VersionConflict();
  return new Problem('conflict', ownerText(owner), {
    hint: 'Import the CIN without it first, or delete the CIN: its CENs stay',
  });
}
