import { DatabaseError } from '../../schema/database/database.ts';
import { Problem, type ProblemCode } from '../../schema/problem.ts';
import { StepFailed } from './converge.ts';
import { LeaseLost } from './lease.ts';

/** Members that the errors of all drivers have. */
interface PeerError {
  readonly code: string;
  readonly transient: boolean;
  /** What to do. */
  readonly hint?: string;
}

export interface Failure {
  readonly problem: Problem;
  /** Worth a retry before the deadline. */
  readonly transient: boolean;
  /**
   * The technology cannot be accessed: worth a retry after the deadline, too, since the state of the host is unknown.
   */
  readonly away: boolean;
}

/** Maps the driver's codes to those of problems, by what the client can do about them; the host's message is kept. */
const codes: Readonly<Record<string, ProblemCode>> = {
  exists: 'conflict',
  foreign: 'conflict',
  denied: 'impossible',
  unsupported: 'impossible',
  invalid: 'impossible',
  limit: 'impossible',
  unknown: 'impossible',
  refused: 'impossible',
  full: 'impossible',
  missing_program: 'impossible',
  away: 'unavailable',
  unreachable: 'unavailable',
  cut: 'unavailable',
  timeout: 'unavailable',
};

/** Classifies the error of an attempt: the problem for the client, and whether to retry. */
export function failureOf(error: unknown): Failure {
  const step = error instanceof StepFailed ? error.step : undefined;
  const cause = error instanceof StepFailed ? error.cause : error;
  if (cause instanceof Problem) {
    return {
      problem: new Problem(cause.code, cause.message, { hint: cause.hint, step: cause.step ?? step, cause }),
      transient: false,
      away: false,
    };
  }
  if (isPeerError(cause)) {
    const problem = new Problem(codes[cause.code] ?? 'internal', cause.message, { hint: cause.hint, step, cause });
    // An object that the plan requires has disappeared: something else changes the same objects, and the next attempt
    // observes the result.
    return { problem, transient: cause.transient || cause.code === 'missing', away: cause.code === 'away' };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { problem: new Problem('internal', message, { step, cause }), transient: false, away: false };
}

/** Whether the lease expired, in the loop or in a driver: then this process must not decide how the operation ends. */
export function isLeaseLost(error: unknown): boolean {
  const cause = error instanceof StepFailed ? error.cause : error;
  return cause instanceof LeaseLost || (isPeerError(cause) && cause.code === 'expired');
}

/** Whether a step gave up because it became unwanted. */
export function isAborted(error: unknown): boolean {
  const cause = error instanceof StepFailed ? error.cause : error;
  return isPeerError(cause) && cause.code === 'aborted';
}

function isPeerError(error: unknown): error is Error & PeerError {
  return (
    error instanceof Error &&
    typeof Reflect.get(error, 'transient') === 'boolean' &&
    typeof Reflect.get(error, 'code') === 'string'
  );
}

/** Whether a newer start has replaced this executor, or its hypervisor was removed. */
export function isFenced(error: unknown): boolean {
  return error instanceof DatabaseError && error.reason === 'fenced';
}

/** Whether the database was not available: the call is repeated until it is. */
export function isDatabaseAway(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.isAway;
}
