import { quadOf } from '../../../schema/addresses/quad.ts';
import type { CinImport } from '../../../schema/api/leviathan-cins.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Target } from '../../operations/targets/target.ts';
import { importArguments } from './arguments.ts';
import { ALLOCATED_ROOM } from './statements.ts';

/** What the trigger that allocates addresses says when a block is full. */
export const NO_ADDRESS = 'no free address in cin_addresses';

interface Room {
  readonly name: string;
  /** The block; null: one is allocated. */
  readonly first: number | null;
  readonly prefix: number | null;
  /** How many containers it has addresses for. */
  readonly room: number;
  readonly containers: number;
}

const selectFullest = (target: string) => `
  SELECT i.name, i.first, i.prefix, i.last - i.first - i.first_offset AS room,
    (SELECT count(*) FROM cin_addresses a WHERE a.cin = i.id AND a.container IS NOT NULL) AS containers
  FROM json_each(:full_cens) j
  CROSS JOIN cens n ON n.hypervisor = ${target} AND n.name = j.value
  CROSS JOIN cin_cens x ON x.cen = n.id
  CROSS JOIN cins i ON i.id = x.cin
  ORDER BY room - containers, i.name LIMIT 1`;

/** A CIN over one of these CENs has too few addresses for new containers. */
export async function noAddressLeft(database: Database, on: Target, cens: readonly string[]): Promise<Problem> {
  const [rows] = await database.read([
    statement<Room>(selectFullest(on.sql), { ...on.args, full_cens: JSON.stringify(cens) }),
  ]);
  return full(rows[0], 'and has');
}

const selectRequested = (target: string) => `
  SELECT r.name, r.first, r.prefix, r.room, (
      SELECT count(DISTINCT m.container) FROM json_each(r.cens) e
      CROSS JOIN cens n ON n.hypervisor = r.hypervisor AND n.name = e.value CROSS JOIN members m ON m.cen = n.id) AS containers
  FROM (
    SELECT t.hypervisor, j.key AS turn, j.value ->> 'name' AS name, j.value -> 'cens' AS cens,
      coalesce(i.first, j.value ->> 'first') AS first, coalesce(i.prefix, j.value ->> 'prefix') AS prefix,
      coalesce(i.last - i.first - i.first_offset,
        j.value ->> 'last' - (j.value ->> 'first') - (j.value ->> 'firstOffset'), ${ALLOCATED_ROOM}) AS room
    FROM (SELECT ${target} AS hypervisor) t CROSS JOIN json_each(:cins) j
    LEFT JOIN cins i ON i.hypervisor = t.hypervisor AND i.name = j.value ->> 'name') r
  ORDER BY room - containers, r.turn LIMIT 1`;

interface Importing extends CommandContext {
  readonly request: CinImport;
}

/** The CENs of an imported CIN have more containers than its block has addresses. */
export async function tooFewAddresses({ database, request }: Importing, on: Target): Promise<Problem> {
  const [rows] = await database.read([
    statement<Room>(selectRequested(on.sql), { ...on.args, ...importArguments(request) }),
  ]);
  return full(rows[0], 'and its CENs have');
}

/** Containers of CENs that leave at the same time have their addresses until then. */
function full(found: Room | undefined, has: string): Problem {
  const hint = 'A CIN keeps its block: DELETE /cin/{id} and import it with a larger one, or without CENs first';
  if (found === undefined) return new Problem('impossible', 'The CIN has too few addresses', { hint });
  const { name, first, prefix, room, containers } = found;
  const block = first === null ? 'a block of its own' : `${quadOf(first)}/${prefix}`;
  const detail = `CIN ${name} has room for ${room} containers in ${block}, ${has} ${containers}`;
  return new Problem('impossible', detail, { hint });
}
