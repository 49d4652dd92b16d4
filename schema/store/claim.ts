import { type Database, now, type Statement, statement } from '../database/database.ts';
import type { ClaimedOperation } from '../resources/definition.ts';
import type { Registration } from './registration.ts';

/**
 * Operations whose technology is away are not claimable, except those that have not begun and whose deadline has
 * passed: they fail.
 */
const isPossible = `
  AND (o.kind NOT IN (SELECT value FROM json_each(:away)) OR (o.attempt = 0 AND o.deadline_ms <= ${now}))`;

/**
 * Claimable operations: due, of this hypervisor, not pending in an unconfirmed backup, and without an earlier
 * unfinished operation on any of their subjects. A start time further ahead than the longest pause was written before
 * the clock was set back. The index is named, since SQLite may prefer the one of all pending operations, blocked ones
 * included. SQLite plans a statement again at each execution if its LIMIT is a bare parameter; with a sum it does not.
 */
const claimable = (possible: string, limit: string) => `
  SELECT o.sequence FROM operations o INDEXED BY operations_claim
  WHERE o.hypervisor = :hypervisor AND o.status = 'pending' AND o.resource IS NOT NULL AND o.blocked_subjects = 0
    AND o.sequence > coalesce((SELECT held ->> '$.sequence' FROM hypervisors WHERE id = :hypervisor), 0)
    AND (o.not_before_ms <= ${now} OR o.not_before_ms > ${now} + :longest_pause) ${possible}
  ORDER BY o.sequence LIMIT ${limit}`;

const claimOperations = (possible: string) => `
  UPDATE operations SET status = 'running', epoch = :epoch, lease_until_ms = ${now} + :lease, attempt = attempt + 1,
    started_ms = coalesce(started_ms, ${now})
  WHERE sequence IN (${claimable(possible, ':limit + 0')}) AND EXISTS (SELECT 1 FROM hypervisors WHERE id = :hypervisor AND epoch = :epoch)
  RETURNING sequence, id, kind, resource, request, generation, attempt, deadline_ms - ${now} AS deadlineInMs,
    error ->> '$.detail' AS lastError, cancel_ms IS NOT NULL AS cancelled,
    (SELECT p.id FROM operations p WHERE p.sequence = operations.parent) AS parentId`;

const claimAny = claimOperations('');
const claimPossible = claimOperations(isPossible);

/** A parent is running as soon as one of its parts is. */
const startParents = `
  UPDATE operations SET status = 'running', started_ms = ${now}
  WHERE status = 'pending' AND resource IS NULL AND sequence IN (
    SELECT parent FROM operations WHERE hypervisor = :hypervisor AND epoch = :epoch AND status = 'running' AND parent IS NOT NULL)`;

/** Reveals a claim that was executed twice, or whose answer was lost. */
const running = `
  count(*) AS running, json_group_array(sequence) FILTER (WHERE cancel_ms IS NOT NULL) AS cancelled FROM operations
  WHERE hypervisor = :hypervisor AND epoch = :epoch AND status = 'running' AND resource IS NOT NULL`;

const selectRunning = `SELECT ${running}`;

const pollFor = (possible: string) => `SELECT EXISTS (${claimable(possible, '1')}) AS claimable, ${running}`;

const pollAny = pollFor('');
const pollPossible = pollFor(isPossible);

interface RunningRow {
  readonly running: number;
  readonly cancelled: string;
}

export interface PollRow extends RunningRow {
  readonly claimable: number;
}

/** The state of this executor's work in the database. */
export interface Poll {
  /** At least one operation is claimable. */
  readonly claimable: boolean;
  /** The number of running operations in this epoch. */
  readonly running: number;
  /** Sequences of running operations that are to be cancelled. */
  readonly cancelled: readonly number[];
}

export interface Claim extends Omit<Poll, 'claimable'> {
  readonly claimed: readonly ClaimedOperation[];
}

export interface PollRequest {
  /** Kinds of operations whose technology is away. */
  readonly away: readonly string[];
  /** The longest pause between two attempts. */
  readonly longestPauseMs: number;
}

export interface ClaimRequest extends PollRequest {
  /** The maximum of operations to claim. */
  readonly limit: number;
  /** How long the claim is valid without a renewal. */
  readonly leaseMs: number;
}

/** The query that an idle executor repeats: it writes nothing and takes no lock. */
export function pollStatement(
  { hypervisor, epoch }: Registration,
  { away, longestPauseMs }: PollRequest,
): Statement<PollRow> {
  const args = { hypervisor, epoch, longest_pause: longestPauseMs };
  return away.length === 0
    ? statement<PollRow>(pollAny, args)
    : statement<PollRow>(pollPossible, { ...args, away: JSON.stringify(away) });
}

/** Reads whether there is anything to claim or to cancel. */
export async function poll(database: Database, registration: Registration, request: PollRequest): Promise<Poll> {
  const [[row]] = await database.read([pollStatement(registration, request)], { call: 'poll' });
  return pollOf(row);
}

export function pollOf(row: PollRow | undefined): Poll {
  return { claimable: row?.claimable === 1, ...runningOf(row) };
}

/**
 * Claims up to `limit` operations, oldest first; operations with a common subject keep their order. It is fenced by a
 * condition, not by a guard: a claim that finds nothing writes nothing, and so wakes no other process.
 */
export async function claim(
  database: Database,
  { hypervisor, epoch }: Registration,
  { limit, leaseMs, away, longestPauseMs }: ClaimRequest,
): Promise<Claim> {
  const own = { hypervisor, epoch };
  const args = { ...own, limit, lease: leaseMs, longest_pause: longestPauseMs };
  const take: Statement<ClaimedOperation> =
    away.length === 0
      ? statement<ClaimedOperation>(claimAny, args)
      : statement<ClaimedOperation>(claimPossible, { ...args, away: JSON.stringify(away) });
  const [claimed, , [row]] = await database.write(
    [take, statement<never>(startParents, own), statement<RunningRow>(selectRunning, own)],
    { audience: 'none', call: 'claim' },
  );
  return { claimed: claimed.sort((left, right) => left.sequence - right.sequence), ...runningOf(row) };
}

function runningOf(row: RunningRow | undefined): Pick<Poll, 'running' | 'cancelled'> {
  return { running: row?.running ?? 0, cancelled: JSON.parse(row?.cancelled ?? '[]') };
}
