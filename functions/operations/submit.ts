import { DatabaseError } from '../../schema/database/database.ts';
import { Problem, type ProblemDetails } from '../../schema/problem.ts';
import type { AppContext } from '../http/context.ts';
import { databaseReason } from '../http/database-problem.ts';
import { answerJson } from '../http/json.ts';
import { type Preference, readPreference, setPreferenceApplied, WAIT_MAX_SECONDS } from '../http/prefer.ts';
import { commit } from './commit.ts';
import { retryOnConflict } from './conflict.ts';
import { findKey } from './idempotency.ts';
import type { Intent } from './intent.ts';
import {
  type AcceptedOperation,
  existingOperation,
  isFinished,
  isWhole,
  type OperationRow,
  operationBody,
} from './operation.ts';
import { DEADLINE_MS } from './operation-statements.ts';
import { waitForOperation } from './wait.ts';
import { waitingFor } from './waiting.ts';

/** How a dialect answers a write whose operation succeeded. */
export type Encode = (operation: AcceptedOperation) => Response | Promise<Response>;

/**
 * Prepares a command, with the reads that it needs; called again if another request has changed the data that was read.
 */
export type Prepare = () => Promise<Intent>;

/** A write that is answered when its work is done, as in the older daemons; with a 202 if that takes too long. */
export function submit(c: AppContext, prepare: Prepare, encode: Encode): Promise<Response> {
  return submitWaiting(c, prepare, encode, WAIT_MAX_SECONDS);
}

/**
 * A write that is answered with 202 at once, unless the client asks to wait: then with 200 and the finished operation.
 */
export function submitAsynchronously(c: AppContext, prepare: Prepare): Promise<Response> {
  return submitWaiting(c, prepare, ({ id }) => answerOperation(c, id), 0);
}

/** Answers with the current state of the operation. Throws a 404 if it does not exist. */
export async function answerOperation(c: AppContext, id: string, status?: 200 | 202): Promise<Response> {
  return answerJson(c, operationBody(await existingOperation(c.get('settings').database, id)), status ?? 200);
}

/** A removal is answered with the resource as it was. */
export function submitRemoval(c: AppContext, prepare: Prepare): Promise<Response> {
  return submit(c, prepare, ({ result }) => answerJson(c, JSON.parse(result ?? '{}').was));
}

/**
 * As `encode`, which reads what the operation made. What is gone since cannot be read: then `recorded` answers with what
 * the operation itself knows of it. `encode` must read by the operation's hypervisor: one that the path names may be
 * gone, which is another error than a 404.
 */
export function orAsRecorded(c: AppContext, encode: Encode, recorded: (row: OperationRow) => Response): Encode {
  return async (operation) => {
    try {
      return await encode(operation);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
      return recorded(await existingOperation(c.get('settings').database, operation.id));
    }
  };
}

async function submitWaiting(c: AppContext, prepare: Prepare, encode: Encode, otherwise: number): Promise<Response> {
  const preference = readPreference(c.req.header('prefer'), otherwise);
  const accepted = await accept(c, prepare, { whole: preference.wait === 0 });
  c.header('operation-id', accepted.id);
  try {
    const operation = await waitAsPreferred(c, accepted, preference);
    if (preference.wait === 0 || !isFinished(operation)) {
      c.header('location', `/operations/${operation.id}`);
      return isWhole(operation)
        ? answerJson(c, operationBody(operation), 202)
        : await answerOperation(c, operation.id, 202);
    }
    if (operation.status === 'succeeded') return await encode(operation);
    throw failure(operation);
  } catch (error) {
    throw error instanceof DatabaseError && error.isAway ? recordedButUnread(accepted.id, error) : error;
  }
}

/**
 * A write for clients that know neither 202 nor `Prefer`: it waits until the operation has ended, for as long as it may
 * take. What has not ended by then, or waits for an executor that is dead, is a 503.
 */
export async function submitToEnd(c: AppContext, prepare: Prepare, encode: Encode): Promise<Response> {
  const { database, readBudget, stopping } = c.get('settings');
  const accepted = await accept(c, prepare);
  c.header('operation-id', accepted.id);
  try {
    const seconds = DEADLINE_MS / 1000;
    const operation = await waitForOperation(database, accepted, { seconds, readBudget, stopping });
    if (!isFinished(operation)) throw notEnded(await existingOperation(database, operation.id));
    if (operation.status === 'succeeded') return await encode(operation);
    throw failure(operation);
  } catch (error) {
    throw error instanceof DatabaseError && error.isAway ? recordedButUnread(accepted.id, error) : error;
  }
}

/** Waits for an operation as long as its client prefers, and reports how long that was. */
export async function waitAsPreferred(
  c: AppContext,
  accepted: AcceptedOperation,
  preference: Preference,
): Promise<AcceptedOperation> {
  const { database, readBudget, stopping } = c.get('settings');
  const began = performance.now();
  const operation = await waitForOperation(database, accepted, { seconds: preference.wait, readBudget, stopping });
  const waited = isFinished(operation) ? preference.wait : Math.round((performance.now() - began) / 1000);
  setPreferenceApplied(c, preference, waited);
  return operation;
}

/**
 * Records the request, or finds the operation that already has its idempotency key. That one takes precedence over
 * other errors: the resource may have been removed since, or its entity tag changed. `whole`: the answer is the
 * operation as it is recorded, so all its columns are returned.
 */
export async function accept(c: AppContext, prepare: Prepare, { whole = false } = {}): Promise<AcceptedOperation> {
  const { database } = c.get('settings');
  const key = c.get('idempotencyKey');
  try {
    return await retryOnConflict(async () => commit(database, await prepare(), { key, whole }));
  } catch (error) {
    if (key === undefined || !(error instanceof Problem) || error.code === 'unavailable') throw error;
    const earlier = await findKey(c);
    if (earlier === undefined) throw error;
    return earlier;
  }
}

/** The work continues, but its progress cannot be read. */
function recordedButUnread(id: string, error: DatabaseError): Problem {
  return unknownOutcome(id, databaseReason(error), error);
}

function notEnded(operation: OperationRow): Problem {
  return unknownOutcome(operation.id, waitingFor(operation) ?? 'it has not ended yet');
}

function unknownOutcome(id: string, reason: string, cause?: DatabaseError): Problem {
  return new Problem('unavailable', `Recorded as operation ${id}; ${reason}`, {
    hint: `GET /operations/${id} shows its outcome`,
    cause,
    headers: { 'operation-id': id, location: `/operations/${id}` },
  });
}

function failure(operation: AcceptedOperation): Problem {
  const details: ProblemDetails | null = operation.error === null ? null : JSON.parse(operation.error);
  if (details) return Problem.from(details);
  return new Problem('internal', `Operation ${operation.id} ended as ${operation.status} without an error`);
}
