import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { availableDisk, availableMemory, roomCpu, roomDisk, roomMemory } from '../../../schema/statements/capacity.ts';
import { type Guard, guard } from '../guard.ts';
import { type Amounts, shortage } from './scheduled.ts';
import { hypervisor, type Target } from './target.ts';

/** What is promised from now on, memory and disk in MB; undefined: as it was, null: nothing. */
export type Reservation = { readonly [Resource in keyof Amounts]?: number | null | undefined };

const owner = `replace(:owner, ':hypervisor', ${hypervisor})`;

const before = (resource: keyof Amounts) =>
  `coalesce((SELECT ${resource} FROM reservations WHERE owner = ${owner}), 0)`;

/** Whoever asks for less gets it, even where too much was promised. */
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

/**
 * Promises something of the operation's hypervisor to a resource, or aborts the batch where there is too little.
 * `:hypervisor` in `resource` stands for the id of the hypervisor that was chosen.
 */
export function reserve(
  operation: string,
  resource: string,
  on: Target,
  { memory, disk, cpu }: Reservation,
): (Statement<never> | Guard)[] {
  if ([memory, disk, cpu].every((amount) => amount === undefined)) return [];
  const args = { operation, owner: resource, memory: given(memory), disk: given(disk), cpu: given(cpu) };
  const asked = { memory: memory ?? 0, disk: disk ?? 0, cpu: cpu ?? 0 };
  return [guard('no_room', roomForAll, args, (database) => noRoom(database, on, asked)), statement(upsert, args)];
}

function given(amount: number | null | undefined): number | null {
  return amount === undefined ? null : (amount ?? 0);
}

async function noRoom(database: Database, on: Target, asked: Amounts): Promise<Problem> {
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
