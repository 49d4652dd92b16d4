import type { RemovalHold } from '../api/fleet/reconcile.ts';
import { type Database, DatabaseError, guard, now, statement, type Value } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { alive } from '../statements/alive.ts';
import type { hypervisors } from '../tables/fleet.ts';
import type { RowOf } from '../tables/row.ts';
import { type Machine, NOTHING_SEEN, type Resources, type Seen } from './machine.ts';

/** One start of an executor: every write names its epoch, and a newer start invalidates it. */
export interface Registration {
  readonly databaseId: string;
  readonly hypervisor: string;
  readonly name: string;
  readonly epoch: number;
  /** The number of starts of all executors of the database. */
  readonly restoreGeneration: number;
  /** The last operation that was filed before this start. */
  readonly sequence: number;
}

/** The amounts that a client withholds, and the revision, belong to clients: an executor never writes them. */
export const setResources =
  'total_memory = :memory, total_disk = :disk, total_cpu = :cpu, free_memory = :free_memory, load = :load';

export function resourceArguments({ memory, disk, cpu, freeMemory, load }: Resources): Readonly<Record<string, Value>> {
  return { memory, disk, cpu, free_memory: freeMemory, load };
}

/** Matches the row that has the name or id `:name`. */
const sameHypervisor = '(id = lower(:name) OR name = :name)';

const restored: Omit<RemovalHold, 'sequence'> = {
  reason: 'restored',
  detail:
    'The database is older than what this host has seen of it, so it was restored: what it lacks on the host is made, nothing is removed, and what it had pending waits',
  hint: 'If it is the right one, POST /hypervisors/{id}/resync; else stop weft and give it the right one',
};

/** AUTOINCREMENT continues counting when old operations are deleted. */
const lastSequence = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'operations'), 0)";

/**
 * Evaluated before the new epoch is taken. A row that replaced the last start's, because that was removed, has new
 * epochs.
 */
const isBehind = `((epoch < :seen_epoch AND id = coalesce(:seen_hypervisor, id))
  OR (SELECT restore_generation FROM database) < :seen_generation OR ${lastSequence} < :seen_sequence)`;

/** Operations up to this one were pending in a backup: their effects may have been undone since. */
const heldRestored = `json_set(:restored, '$.sequence', ${lastSequence})`;

interface RegisteredRow extends Pick<RowOf<typeof hypervisors>, 'id' | 'name' | 'epoch'> {
  readonly database_id: string;
  readonly restore_generation: number;
  readonly sequence: number;
}

/**
 * Registers the hypervisor, or adopts the row that has its name or id, and takes a new epoch; operations that the last
 * start left running become pending. Throws a {@link Problem} if the name belongs to another machine, and a
 * DatabaseError with reason `epoch_moved` if the hypervisor's epoch is not `after` (null: the hypervisor does not
 * exist).
 */
export async function register(
  database: Database,
  name: string,
  id: string,
  machine: Machine,
  seen: Seen = NOTHING_SEEN,
  after?: number | null,
): Promise<Registration> {
  const args = {
    name,
    id,
    machine: machine.machineId,
    boot: machine.bootId,
    version: machine.version,
    capabilities: JSON.stringify(machine.capabilities),
    seen_epoch: seen.epoch,
    seen_generation: seen.restoreGeneration,
    seen_hypervisor: seen.hypervisor,
    seen_sequence: seen.sequence,
    restored: JSON.stringify(restored),
    ...resourceArguments(machine.resources),
  };
  try {
    const [, , , , , rows] = await database.write(
      [
        guard(
          'other_machine',
          `NOT EXISTS (SELECT 1 FROM hypervisors WHERE ${sameHypervisor} AND machine_id <> :machine)`,
          args,
        ),
        guard(
          'epoch_moved',
          after === undefined ? '1' : `(SELECT epoch FROM hypervisors WHERE ${sameHypervisor}) IS :after`,
          {
            name,
            after: after ?? null,
          },
        ),
        statement(
          `INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms)
         SELECT :id, :name, 0, '{}', ${now} WHERE NOT EXISTS (SELECT 1 FROM hypervisors WHERE ${sameHypervisor})`,
          args,
        ),
        statement(
          `INSERT INTO events (at_ms, hypervisor, type, subject, data)
         SELECT ${now}, id, CASE WHEN boot_id = :boot THEN 'hypervisor.restarted' WHEN boot_id IS NULL THEN 'hypervisor.registered'
           ELSE 'hypervisor.rebooted' END, 'hypervisors/' || id, json_object('epoch', epoch + 1, 'version', :version)
         FROM hypervisors WHERE ${sameHypervisor}`,
          args,
        ),
        statement(
          `INSERT INTO events (at_ms, hypervisor, type, subject, data)
         SELECT ${now}, id, 'removal.held', 'hypervisors/' || id, ${heldRestored} FROM hypervisors WHERE ${sameHypervisor} AND ${isBehind}`,
          args,
        ),
        statement<RegisteredRow>(
          `UPDATE hypervisors SET epoch = max(epoch, :seen_epoch) + 1, held = CASE WHEN ${isBehind} THEN ${heldRestored} ELSE held END, machine_id = coalesce(:machine, machine_id), boot_id = :boot,
           executor_version = :version, capabilities = :capabilities, ${setResources}, last_seen_ms = ${now}
         WHERE ${sameHypervisor}
         RETURNING id, name, epoch, (SELECT id FROM database) AS database_id,
           max((SELECT restore_generation FROM database), :seen_generation) + 1 AS restore_generation, ${lastSequence} AS sequence`,
          args,
        ),
        statement('UPDATE database SET restore_generation = max(restore_generation, :seen_generation) + 1', args),
        statement(
          `UPDATE operations INDEXED BY operations_running SET status = 'pending', epoch = NULL, lease_until_ms = NULL
         WHERE hypervisor = (SELECT id FROM hypervisors WHERE ${sameHypervisor}) AND status = 'running' AND resource IS NOT NULL`,
          args,
        ),
      ],
      { call: 'register' },
    );
    const row = rows[0];
    if (!row) throw new DatabaseError('fault', 'hypervisors', 'the hypervisor was not registered');
    return {
      databaseId: row.database_id,
      hypervisor: row.id,
      name: row.name,
      epoch: row.epoch,
      restoreGeneration: row.restore_generation,
      sequence: row.sequence,
    };
  } catch (error) {
    if (error instanceof DatabaseError && error.reason === 'other_machine') {
      throw new Problem('conflict', `Hypervisor ${name} of this database is another machine`, {
        hint: 'Set WEFT_HYPERVISOR to a name that no other machine has',
      });
    }
    throw error;
  }
}

/** Aborts a batch of an executor that a newer start has replaced. */
export function fence({ hypervisor, epoch }: Registration) {
  return guard('fenced', 'EXISTS (SELECT 1 FROM hypervisors WHERE id = :fence_hypervisor AND epoch = :fence_epoch)', {
    fence_hypervisor: hypervisor,
    fence_epoch: epoch,
  });
}

const selectLastExecutor = `
  SELECT epoch, boot_id AS bootId, machine_id AS machineId, last_seen_ms AS lastSeenMs,
    ${alive('h')} OR coalesce(last_seen_ms > ${now}, 0) AS recent
  FROM hypervisors h WHERE ${sameHypervisor}`;

/** The last executor of a hypervisor, from its row. */
export interface LastExecutor {
  readonly epoch: number;
  readonly bootId: string | null;
  readonly machineId: string | null;
  readonly lastSeenMs: number | null;
  /** 0 or 1. After the clock was set back it is unknown whether the executor is alive. */
  readonly recent: number;
}

/** The last executor of the hypervisor with this name or id; null: it does not exist. */
export async function findLastExecutor(database: Database, name: string): Promise<LastExecutor | null> {
  const [[row]] = await database.read([statement<LastExecutor>(selectLastExecutor, { name })], { call: 'take-over' });
  return row ?? null;
}

/** The database's id. */
export async function identify(database: Database): Promise<string> {
  const [rows] = await database.read([statement<{ id: string }>('SELECT id FROM database')], { call: 'identify' });
  return rows[0]?.id ?? '';
}

/**
 * Why a write was fenced: a newer start has replaced this one, or the hypervisor was removed (and maybe described again
 * since).
 */
export async function whyFenced(database: Database, { hypervisor, name, epoch }: Registration): Promise<Problem> {
  const [newer] = await database.read(
    [statement('SELECT 1 FROM hypervisors WHERE id = :hypervisor AND epoch > :epoch', { hypervisor, epoch })],
    { call: 'fenced' },
  );
  if (newer.length > 0) return new Problem('conflict', 'A newer start of this executor has taken over');
  return new Problem('conflict', `Hypervisor ${name} was removed from the database`, {
    hint: 'Start weft again to register it anew',
  });
}
