import { type Database, now, statement } from '../../schema/database/database.ts';
import type { ClaimedOperation } from '../records/records.ts';
import { LEASE_MS } from './lease.ts';
import type { Registration } from './registration.ts';

/**
 * Due, ours, and no earlier unfinished operation changes any of its subjects. SQLite plans a statement anew each time
 * that it is run with a LIMIT that is a parameter alone; of a sum it does not want to know the value.
 */
const claimable = `
  SELECT o.sequence FROM operations o
  WHERE o.hypervisor = :hypervisor AND o.status = 'pending' AND o.resource IS NOT NULL AND o.not_before_ms <= ${now}
    AND NOT EXISTS (
      SELECT 1 FROM operation_subjects s
      JOIN operation_subjects e ON e.subject = s.subject AND e.sequence < s.sequence
      WHERE s.sequence = o.sequence)
  ORDER BY o.sequence LIMIT :limit + 0`;

const claimOperations = `
  UPDATE operations SET status = 'running', epoch = :epoch, lease_until_ms = ${now} + ${LEASE_MS}, attempt = attempt + 1,
    started_ms = coalesce(started_ms, ${now})
  WHERE sequence IN (${claimable}) AND EXISTS (SELECT 1 FROM hypervisors WHERE id = :hypervisor AND epoch = :epoch)
  RETURNING sequence, id, kind, resource, request, generation, attempt, deadline_ms - ${now} AS deadlineInMs,
    error ->> '$.detail' AS lastError, cancel_ms IS NOT NULL AS cancelled,
    (SELECT p.id FROM operations p WHERE p.sequence = operations.parent) AS parentId`;

/** A parent runs as soon as a part of it does. */
const startParents = `
  UPDATE operations SET status = 'running', started_ms = ${now}
  WHERE status = 'pending' AND resource IS NULL AND sequence IN (
    SELECT parent FROM operations WHERE hypervisor = :hypervisor AND epoch = :epoch AND status = 'running' AND parent IS NOT NULL)`;

/** What this epoch runs and somebody wants to end. */
const selectCancelled = `
  SELECT sequence FROM operations
  WHERE hypervisor = :hypervisor AND epoch = :epoch AND status = 'running' AND resource IS NOT NULL AND cancel_ms IS NOT NULL`;

export interface Claim {
  readonly claimed: ClaimedOperation[];
  /** Sequences of running operations that are to be cancelled. */
  readonly cancelled: number[];
}

/**
 * Takes up to `limit` operations that may run now, oldest first; operations that share a subject keep their order.
 * Fenced by its condition and not by a guard: a claim that finds nothing writes nothing, and so wakes nobody.
 */
export async function claim(
  database: Database,
  registration: Registration,
  { limit, running }: { readonly limit: number; readonly running: number },
): Promise<Claim> {
  const args = { hypervisor: registration.hypervisor, epoch: registration.epoch, limit };
  // Nobody waits for a beginning.
  const [claimed, cancelled = []] = await database.write(
    [
      statement<ClaimedOperation>(claimOperations, args),
      // What runs nowhere nobody can stop.
      ...(running > 0 ? [statement<{ sequence: number }>(selectCancelled, args)] : []),
    ] as const,
    { wakes: 'nobody', call: 'claim' },
  );
  if (claimed.some(({ parentId }) => parentId !== null)) {
    await database.write([statement(startParents, args)], { wakes: 'nobody', call: 'claim.parents' });
  }
  return {
    claimed: claimed.sort((left, right) => left.sequence - right.sequence),
    cancelled: cancelled.map(({ sequence }) => sequence),
  };
}
