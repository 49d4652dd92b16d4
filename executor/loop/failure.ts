import { DatabaseError } from '../../schema/database/database.ts';
import { Problem, type ProblemCode } from '../../schema/problem.ts';
import { StepFailed } from './converge.ts';
import { LeaseLost } from './lease.ts';

/** What a driver's error tells: all drivers' errors have these. */
interface PeerError {
  readonly code: string;
  readonly transient: boolean;
}

export interface Failure {
  readonly problem: Problem;
  /** Worth another try before the deadline. */
  readonly transient: boolean;
  /** The technology cannot be asked: worth another try after the deadline too, since the host is not known. */
  readonly away: boolean;
}

/** How what the host said reaches the user: its words as they are, the status by what can be done about it. */
const codes: Readonly<Record<string, ProblemCode>> = {
  exists: 'conflict',
  foreign: 'conflict',
  denied: 'impossible',
  unsupported: 'impossible',
  invalid: 'impossible',
  limit: 'impossible',
  away: 'unavailable',
};

/** Sorts whatever ended an attempt into a problem for the user and a decision whether to try again. */
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
    const problem = new Problem(codes[cause.code] ?? 'internal', cause.message, { step, cause });
    // What the plan needed is gone: somebody works on the same things, and the next look sees it as it is.
    return { problem, transient: cause.transient || cause.code === 'missing', away: cause.code === 'away' };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { problem: new Problem('internal', message, { step, cause }), transient: false, away: false };
}

/** Whether the right to change the host ran out, here or in a driver: what becomes of the operation is not ours to say. */
export function isLeaseLost(error: unknown): boolean {
  const cause = error instanceof StepFailed ? error.cause : error;
  return cause instanceof LeaseLost || (isPeerError(cause) && cause.code === 'expired');
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

/** Whether the database could not be asked: what is true is written when it is back. */
export function isDatabaseAway(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.isAway;
}
