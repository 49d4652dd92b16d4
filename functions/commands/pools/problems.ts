import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import type { Cpool } from '../../../schema/api/leviathan-pools.ts';
import { statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { resolve, type Target } from '../../operations/targets/target.ts';
import { noAddressLeft } from '../cins/room.ts';
import { networksOf, poolArguments } from './arguments.ts';
import { cenOf, emptyCins, leavingNetworks, networksElsewhere } from './networks.ts';
import { foreignContainers } from './statements.ts';

/* Why a request for pools is refused. Each reads what has stopped it; if that is gone since, the client may try again. */

interface Scaling extends CommandContext {
  readonly request: { readonly cpoolList: readonly Cpool[] };
}

async function namesFound({ database, request }: Scaling, { args }: Target, select: string): Promise<string[]> {
  const [rows] = await database.read([
    statement<{ name: string }>(select, { ...args, ...poolArguments(request.cpoolList) }),
  ]);
  return rows.map(({ name }) => name);
}

/** The entries of pools that name one of these networks. */
function entriesOf({ request }: Scaling, names: readonly string[], detail: (name: string) => string): MemberError[] {
  const wanted = new Set(names);
  return request.cpoolList.flatMap(({ cins }, pool) =>
    cins.flatMap(({ cinID }, index): MemberError[] =>
      wanted.has(cinID) ? [{ pointer: `/cpoolList/${pool}/cins/${index}/cinID`, detail: detail(cinID) }] : [],
    ),
  );
}

export async function beingDeleted(input: Scaling, on: Target): Promise<Problem> {
  const names = await namesFound(input, on, leavingNetworks(on.sql));
  const errors = entriesOf(input, names, (name) => `${name} is being deleted`);
  const [first] = errors;
  if (first === undefined) return new VersionConflict();
  return new Problem('conflict', `${first.pointer} ${first.detail}`, {
    hint: 'Send the request again when that is done',
    errors,
  });
}

export async function withoutCens(input: Scaling, on: Target): Promise<Problem> {
  const names = await namesFound(input, on, emptyCins(on.sql));
  const errors = entriesOf(input, names, (name) => `CIN ${name} has no CEN`);
  const [first] = errors;
  if (first === undefined) return new VersionConflict();
  return new Problem('impossible', `${first.pointer} ${first.detail}`, {
    hint: 'Containers join the first CEN of a CIN: import the CIN with one first',
    errors,
  });
}

export async function elsewhere(input: Scaling, on: Target): Promise<Problem> {
  const names = await namesFound(input, on, networksElsewhere(on.sql));
  const host = (await resolve(input.database, on))?.name ?? 'the hypervisor';
  const errors = entriesOf(input, names, (name) => `${name} is on another hypervisor than ${host}`);
  const [first] = errors;
  if (first === undefined) return new VersionConflict();
  return new Problem('impossible', `${first.pointer} ${first.detail}`, {
    hint: 'A pool and its networks are on one hypervisor. A prefix makes another network of the same name: /hypervisors/{id}/…',
    errors,
  });
}

export async function notOfPool(input: Scaling, on: Target): Promise<Problem> {
  const names = await namesFound(input, on, foreignContainers(on.sql));
  const [first] = names;
  if (first === undefined) return new VersionConflict();
  return new Problem('conflict', `Container ${names.join(', ')} exists already, and is not in the pool`, {
    hint: 'Remove it, or choose another id for the pool',
    errors: names.map((name) => ({ detail: `container ${name} is not in the pool` })),
  });
}

interface Room {
  /** A network of the request, and the CEN that it stands for. */
  readonly network: string;
  readonly cen: string;
  /** Members that are in none of the pools. */
  readonly others: number;
}

/** The CENs of a request's networks; a new one has no members yet. */
async function roomsOf({ database, request }: Scaling, { sql, args }: Target): Promise<readonly Room[]> {
  const networks = networksOf(request.cpoolList);
  const [rows] = await database.read([
    statement<Room>(
      `SELECT j.value AS network, n.name AS cen, (
         SELECT count(*) FROM members m CROSS JOIN containers c ON c.id = m.container
         WHERE m.cen = n.id AND m.removed IS NULL AND NOT EXISTS (
           SELECT 1 FROM cpools k WHERE k.id = c.pool AND k.name IN (SELECT value FROM json_each(:pool_names)))) AS others
       FROM json_each(:names) j CROSS JOIN cens n ON n.id = ${cenOf('j.value', sql)}`,
      {
        ...args,
        names: JSON.stringify(networks),
        pool_names: JSON.stringify(request.cpoolList.map(({ cpoolID }) => cpoolID)),
      },
    ),
  ]);
  return networks.map((network) => rows.find((row) => row.network === network) ?? { network, cen: network, others: 0 });
}

export async function tooManyContainers(input: Scaling, on: Target): Promise<Problem> {
  const rooms = await roomsOf(input, on);
  const sizes = new Map(rooms.map(({ cen, others }) => [cen, others]));
  for (const { cins, start_with } of input.request.cpoolList) {
    const joined = rooms.filter(({ network }) => cins.some(({ cinID }) => cinID === network));
    for (const cen of new Set(joined.map((room) => room.cen))) sizes.set(cen, (sizes.get(cen) ?? 0) + start_with);
  }
  const tooLarge = [...sizes].filter(([, size]) => size > CEN_CONTAINERS_MAX);
  const [first] = tooLarge;
  if (first === undefined) return new VersionConflict();
  return new Problem(
    'impossible',
    `CEN ${first[0]} would have ${first[1]} containers, and can have ${CEN_CONTAINERS_MAX}`,
    {
      errors: entriesOf(
        input,
        rooms.filter(({ cen }) => tooLarge.some(([name]) => name === cen)).map(({ network }) => network),
        (name) => `${name} has too many containers`,
      ),
    },
  );
}

export async function tooFewAddresses(input: Scaling, on: Target): Promise<Problem> {
  const rooms = await roomsOf(input, on);
  return noAddressLeft(
    input.database,
    on,
    rooms.map(({ cen }) => cen),
  );
}
