import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { availableDisk, availableMemory, roomCpu, roomDisk, roomMemory } from '../../../schema/statements/capacity.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import type { CommandContext } from '../command-context.ts';
import type { Guard, Text } from '../command-definition.ts';
import { hypervisor } from '../operation-statements.ts';
import { type Amounts, shortage } from './scheduled.ts';
import type { Target } from './target.ts';

/** The new reservation, memory and disk in MB; undefined: unchanged, null: none. */
export type Reservation = { readonly [Resource in keyof Amounts]?: number | null | undefined };

const owner = '(SELECT resource FROM operations WHERE id = :operation)';

const before = (resource: keyof Amounts) =>
  `coalesce((SELECT ${resource} FROM reservations WHERE owner = ${owner}), 0)`;

/** A smaller reservation is always accepted, even where too much is reserved. */
const hasRoom = (resource: keyof Amounts, room: string) =>
  `(:${resource} IS NULL OR :${resource} <= ${before(resource)} OR ${room} >= :${resource} - ${before(resource)})`;

const roomForAll = `EXISTS (
  SELECT 1 FROM hypervisors h WHERE h.id = ${hypervisor}
    AND ${hasRoom('memory', roomMemory)} AND ${hasRoom('disk', roomDisk)} AND ${hasRoom('cpu', roomCpu)})`;

const upsert = `
  INSERT INTO reservations (owner, hypervisor, memory, disk, cpu)
  SELECT ${owner}, ${hypervisor}, coalesce(:memory, 0), coalesce(:disk, 0), coalesce(:cpu, 0) WHERE true
  ON CONFLICT (owner) DO UPDATE
  SET memory = coalesce(:memory, memory), disk = coalesce(:disk, disk), cpu = coalesce(:cpu, cpu)`;

/** The arguments of {@link reserving}. */
export function reservationArguments({ memory, disk, cpu }: Reservation): Arguments {
  return { memory: given(memory), disk: given(disk), cpu: given(cpu) };
}

function given(amount: number | null | undefined): number | null {
  return amount === undefined ? null : (amount ?? 0);
}

/**
 * Reserves resources of the operation's hypervisor for its resource, unless there is too little; `asked` gives the
 * amounts, as in {@link reservationArguments}.
 */
export function reserving<From extends CommandContext>(
  asked: (input: From) => Reservation,
): { readonly guard: Guard<From>; readonly row: Text<From> } {
  const where = (sql: string) => (input: From) =>
    Object.values(asked(input)).every((amount) => amount === undefined) ? null : sql;
  return {
    guard: {
      id: 'no_room',
      holds: where(roomForAll),
      problem: (input, target) => noRoom(input.database, target, asked(input)),
    },
    row: where(upsert),
  };
}

async function noRoom(database: Database, on: Target, { memory, disk, cpu }: Reservation): Promise<Problem> {
  const asked = { memory: memory ?? 0, disk: disk ?? 0, cpu: cpu ?? 0 };
  const [rows] = await database.read([
    statement<Amounts & { name: string }>(
      `SELECT h.name, ${availableMemory} AS memory, ${availableDisk} AS disk, max(0, ${roomCpu}) AS cpu
       FROM hypervisors h WHERE h.id = ${on.sql}`,
      on.args,
    ),
  ]);
  const found = rows[0];
  const name = found?.name ?? 'the hypervisor';
  const detail = (found && shortage(found, asked)) ?? 'has no capacity left: another request reserved it';
  return new Problem('impossible', `${name} ${detail}`, {
    hint: 'GET /hypervisors/{id} shows what is available',
    errors: [{ hypervisor: name, detail }],
  });
}
