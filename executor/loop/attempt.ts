import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Kind } from '../kinds.ts';
import type { ClaimedOperation } from '../records/records.ts';
import type { Change } from '../resources/resource.ts';
import { converge } from './converge.ts';
import { failureOf } from './failure.ts';
import { type Lease, LeaseLost } from './lease.ts';
import type { Outcome } from './report.ts';

const RETRY_FIRST_MS = 200;
const RETRY_LONGEST_MS = 30_000;

export interface AttemptHooks {
  readonly lease: Lease;
  readonly log: Logger;
  readonly isClosing: () => boolean;
  readonly isCancelled: () => boolean;
  /** How many of the operation's items are done, and the step in hand. */
  readonly progress: (done: number, step: string) => void;
}

/**
 * One attempt at an operation. Undefined: given back without a word, for the lease is not ours any more.
 */
export async function attempt(
  kind: Kind,
  operation: ClaimedOperation,
  change: Change<unknown>,
  { lease, log, isClosing, isCancelled, progress }: AttemptHooks,
): Promise<Outcome | undefined> {
  const deadline = performance.now() + operation.deadlineInMs;
  const check = () => {
    lease.check();
    if (isClosing()) throw new Ending();
    if (isCancelled()) throw new Cancelled();
    if (performance.now() > deadline) throw late(operation);
  };
  const remaining = (items: number, step: string) => progress(Math.max(0, change.total - items), step);
  try {
    check();
    const observed = await converge(kind.resource, change.after, { check, remaining });
    return {
      status: 'succeeded',
      error: null,
      settle: kind.records.settle(operation, change, { status: 'succeeded' }, observed),
    };
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    if (error instanceof Ending) return { status: 'retry', error: null, afterMs: 0 };
    if (error instanceof Cancelled) return undo('cancelled', error);
    return again(error) ?? undo('failed', failureOf(error).problem);
  }

  /** What may go better the next time, and in time. */
  function again(error: unknown): Outcome | undefined {
    const { problem, transient } = failureOf(error);
    const pause = Math.min(RETRY_FIRST_MS * 2 ** (operation.attempt - 1), RETRY_LONGEST_MS);
    if (!transient || performance.now() + pause > deadline) return undefined;
    return { status: 'retry', error: problem.toJSON(), afterMs: pause };
  }

  /** A change that fails for good, or that nobody wants any more, is taken back: the host converges to what was before. */
  async function undo(status: 'failed' | 'cancelled', problem: Problem): Promise<Outcome | undefined> {
    const error = problem.toJSON();
    const ended = { status, error, settle: kind.records.settle(operation, change, { status, error }, null) };
    if (status === 'failed' && change.onFailure === 'repair') return ended;
    try {
      await converge(kind.resource, change.before, { check: () => lease.check(), remaining: () => undefined });
    } catch (cause) {
      if (cause instanceof LeaseLost) return undefined;
      const retry = again(cause);
      if (retry) return retry;
      // What is left over shows as a difference in the next scan, which repairs it.
      log.warn({ err: cause, operation: operation.id }, 'undoing failed');
    }
    return ended;
  }
}

function late({ kind, lastError }: ClaimedOperation): Problem {
  const last = lastError === null ? '' : `; the last attempt ended with: ${lastError}`;
  return new Problem('deadline', `${kind} did not end before its deadline${last}`);
}

/** The process ends: the operation goes back, to be gone on with by the next start. */
class Ending extends Problem {
  constructor() {
    super('unavailable', 'The executor is ending');
  }
}

/** Somebody does not want it any more. */
export class Cancelled extends Problem {
  constructor() {
    super('cancelled', 'The operation was cancelled while it ran; what it had made was taken back');
  }
}
