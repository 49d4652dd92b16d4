import {
  type Database,
  DatabaseError,
  now,
  type OperationEnd,
  type Statement,
  statement,
} from '../database/database.ts';
import type { ProblemDetails } from '../problem.ts';
import type {
  ClaimedOperation,
  Ending,
  FindDefinition,
  Finished,
  ResourceDefinition,
} from '../resources/definition.ts';
import { endOperations } from '../statements/ending.ts';
import { areRunning } from './attempts.ts';
import { type PollRequest, type PollRow, pollOf, pollStatement } from './claim.ts';
import { fence, type Registration } from './registration.ts';

/** The outcome of an attempt. */
export type Outcome = EndedAttempt | Retry;

export type EndedAttempt = (
  | { readonly status: 'succeeded'; readonly error: null }
  | { readonly status: 'failed' | 'cancelled'; readonly error: ProblemDetails }
) & {
  /** What its kind reports of the host; without it no rows of the resource are written. */
  readonly end?: unknown;
  /** The result of the operation, if it has one. */
  readonly result?: unknown;
};

interface Retry {
  readonly status: 'retry';
  readonly error: ProblemDetails | null;
  readonly afterMs: number;
}

export interface Report {
  readonly operation: ClaimedOperation;
  readonly outcome: Outcome;
}

interface ReportedEnd extends Report {
  readonly outcome: EndedAttempt;
}

interface Retried extends Report {
  readonly outcome: Retry;
}

/**
 * Writes the outcomes of attempts: the number of statements does not depend on theirs, except for those that each kind
 * writes for its resources. The same batch returns whether something may be claimed now.
 */
export async function report(
  database: Database,
  registration: Registration,
  definitionOf: FindDefinition,
  reports: readonly Report[],
  next: PollRequest,
): Promise<boolean> {
  const batch = [fence(registration), ...statements(registration, definitionOf, reports)];
  const audience = new Map(reports.flatMap(notificationOf));
  const rows = await database.write([...batch, pollStatement(registration, next)], { audience, call: 'report' });
  return pollOf(rows.at(-1)?.[0] as PollRow | undefined).claimable;
}

function statements(registration: Registration, definitionOf: FindDefinition, reports: readonly Report[]): Statement[] {
  const ends = reports.flatMap(({ operation, outcome }) =>
    outcome.status === 'retry' ? [] : [{ operation, outcome }],
  );
  const retries = reports.flatMap(({ operation, outcome }) =>
    outcome.status === 'retry' ? [{ operation, outcome }] : [],
  );
  return [
    areRunning(
      registration,
      reports.map(({ operation }) => operation),
    ),
    ...(retries.length > 0 ? [statement(retry, { retries: JSON.stringify(retries.map(retryRow)) })] : []),
    ...(ends.length > 0 ? endStatements(registration, definitionOf, ends) : []),
  ];
}

function endStatements(
  { hypervisor }: Registration,
  definitionOf: FindDefinition,
  ends: readonly ReportedEnd[],
): Statement[] {
  const ended = JSON.stringify(ends.map(({ operation: { sequence } }) => sequence));
  const parts = ends.some(({ operation: { parentId } }) => parentId !== null);
  return [
    statement(end, { ends: JSON.stringify(ends.map(endRow)) }),
    ...ends.flatMap(({ operation, outcome }) => {
      if (outcome.end === undefined) return [];
      const ending = endingOf(outcome);
      return finish(definitionOf(operation.kind), { hypervisor, operation, ending, end: outcome.end });
    }),
    ...endOperations('SELECT value FROM json_each(:ended)', { ended }, parts),
  ];
}

/** An error of a kind is treated like a rejection by the database: it fails its own operation, and no other. */
function finish(definition: ResourceDefinition | undefined, finished: Finished<unknown>): Statement[] {
  try {
    return definition?.finish(finished) ?? [];
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DatabaseError('fault', finished.operation.kind, message, { cause });
  }
}

function endingOf({ status, error }: EndedAttempt): Ending {
  return status === 'succeeded' ? { status } : { status, error };
}

function endRow({ operation: { sequence }, outcome }: ReportedEnd) {
  const { error } = outcome;
  // A retry of the request may succeed: its key is released.
  const retriable = error?.code === 'deadline' ? 1 : 0;
  return { sequence, ...rowOf(outcome), step: error?.step ?? null, retriable };
}

function retryRow({ operation: { sequence }, outcome: { error, afterMs } }: Retried) {
  const text = error === null ? null : JSON.stringify(error);
  return { sequence, after: afterMs, error: text, step: error?.step ?? null };
}

function rowOf({ status, error, result }: EndedAttempt) {
  return {
    status,
    error: error === null ? null : JSON.stringify(error),
    result: result === undefined ? null : JSON.stringify(result),
  };
}

/** Waiting requests need not read the end of these operations; a parent may have ended with its part. */
function notificationOf({ operation: { id, parentId }, outcome }: Report): [string, OperationEnd | null][] {
  const ended = outcome.status === 'retry' ? null : rowOf(outcome);
  return parentId === null
    ? [[id, ended]]
    : [
        [id, ended],
        [parentId, null],
      ];
}

const retry = `
  WITH x AS MATERIALIZED (
    SELECT value ->> 'sequence' AS sequence, value ->> 'after' AS after, value ->> 'error' AS error, value ->> 'step' AS step
    FROM json_each(:retries))
  UPDATE operations SET status = 'pending', epoch = NULL, lease_until_ms = NULL, not_before_ms = ${now} + x.after,
    error = x.error, step = x.step
  FROM x WHERE operations.sequence = x.sequence`;

const end = `
  WITH x AS MATERIALIZED (
    SELECT value ->> 'sequence' AS sequence, value ->> 'status' AS status, value ->> 'error' AS error, value ->> 'result' AS result,
      value ->> 'step' AS step, value ->> 'retriable' AS retriable
    FROM json_each(:ends))
  UPDATE operations SET status = x.status, error = x.error, step = x.step, result = coalesce(x.result, operations.result),
    epoch = NULL, lease_until_ms = NULL, done = CASE x.status WHEN 'succeeded' THEN total ELSE done END,
    finished_ms = ${now}, key = CASE WHEN x.retriable THEN NULL ELSE key END
  FROM x WHERE operations.sequence = x.sequence`;
