import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import type { Outcome } from '../../schema/store/report.ts';
import { TechnologyAway } from '../kinds/health.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Change } from '../kinds/resource.ts';
import { converge } from './converge.ts';
import { failureOf, isAborted, isLeaseLost } from './failure.ts';
import type { Lease } from './lease.ts';
import { growingPause, type LoopTimes } from './times.ts';

export interface AttemptHooks {
  readonly lease: Lease;
  readonly log: Logger;
  readonly times: LoopTimes;
  readonly isClosing: () => boolean;
  readonly isCancelled: () => boolean;
  /** The number of finished items of the operation, and the current step. */
  readonly progress: (done: number, step: string) => void;
}

/** One attempt at an operation. Its outcome is undefined if the attempt is dropped because the lease was lost. */
export class Attempt {
  readonly #kind: Kind;
  readonly #operation: ClaimedOperation;
  readonly #change: Change<unknown>;
  readonly #hooks: AttemptHooks;
  /** In milliseconds of `performance.now()`. */
  readonly #deadline: number;

  constructor(kind: Kind, operation: ClaimedOperation, change: Change<unknown>, hooks: AttemptHooks) {
    this.#kind = kind;
    this.#operation = operation;
    this.#change = change;
    this.#hooks = hooks;
    this.#deadline = performance.now() + operation.deadlineInMs;
  }

  /** Converges the host to the state after the operation, or rolls it back. */
  async run(): Promise<Outcome | undefined> {
    const { after, total } = this.#change;
    const remaining = (items: number, step: string) => this.#hooks.progress(Math.max(0, total - items), step);
    try {
      this.#checkWanted();
      this.#checkTechnology();
      const isUnwanted = () => this.#hooks.isClosing() || this.#hooks.isCancelled();
      const hooks = { check: () => this.#checkAll(), remaining, isUnwanted };
      const observed = await converge(this.#kind.resource, after, hooks);
      const end = this.#kind.spec.end(this.#change, { status: 'succeeded' }, observed);
      return { status: 'succeeded', error: null, end, result: this.#kind.spec.result?.(observed) };
    } catch (cause) {
      const error = isAborted(cause) ? (this.#whyUnwanted() ?? cause) : cause;
      if (isLeaseLost(error)) return undefined;
      if (error instanceof ExecutorClosing) return { status: 'retry', error: null, afterMs: 0 };
      if (error instanceof NeverTouched) return this.#ended('failed', error);
      if (error instanceof Cancelled) return this.undo('cancelled', error);
      return this.#again(error) ?? this.undo('failed', failureOf(error).problem);
    }
  }

  /** Rolls back a change that failed permanently or was cancelled: the host converges to the state before it. */
  async undo(status: 'failed' | 'cancelled', problem: Problem): Promise<Outcome | undefined> {
    const { before } = this.#change;
    const { onFailure } = this.#kind.definition.operations[this.#operation.kind] ?? { onFailure: 'undo' };
    if (status === 'failed' && onFailure === 'repair') return this.#ended(status, problem);
    try {
      const check = () => this.#hooks.lease.check();
      await converge(this.#kind.resource, before, { check, remaining: () => undefined });
    } catch (cause) {
      if (isLeaseLost(cause)) return undefined;
      const retry = this.#again(cause);
      if (retry) return retry;
      // The next scan finds the remaining changes as drift and repairs them.
      this.#hooks.log.warn({ err: cause, operation: this.#operation.id }, 'undoing failed');
    }
    return this.#ended(status, problem);
  }

  #ended(status: 'failed' | 'cancelled', problem: Problem): Outcome {
    const error = problem.toJSON();
    return { status, error, end: this.#kind.spec.end(this.#change, { status, error }, null) };
  }

  #isLate(): boolean {
    return performance.now() > this.#deadline;
  }

  #checkWanted(): void {
    this.#hooks.lease.check();
    const reason = this.#whyUnwanted();
    if (reason !== null) throw reason;
  }

  #whyUnwanted(): ExecutorClosing | Cancelled | null {
    if (this.#hooks.isClosing()) return new ExecutorClosing();
    return this.#hooks.isCancelled() ? new Cancelled() : null;
  }

  /** Before each step only: an operation that needs no step has succeeded, even after its deadline. */
  #checkAll(): void {
    this.#checkWanted();
    if (this.#isLate()) throw late(this.#operation);
  }

  #checkTechnology(): void {
    const health = this.#kind.health?.() ?? { available: true };
    if (health.available) return;
    if (this.#isLate() && this.#operation.attempt === 1) throw new NeverTouched(this.#operation, health.reason);
    throw new TechnologyAway(health.reason);
  }

  /** A retry, for an error that is transient, if the deadline allows one. */
  #again(error: unknown): Outcome | undefined {
    const { problem, transient, away } = failureOf(error);
    const { retryFirst, retryLongest } = this.#hooks.times;
    const pause = growingPause(this.#operation.attempt, retryFirst, retryLongest);
    const inTime = away || performance.now() + pause <= this.#deadline;
    return transient && inTime ? { status: 'retry', error: problem.toJSON(), afterMs: pause } : undefined;
  }
}

function late({ kind, lastError }: ClaimedOperation): Problem {
  const last = lastError === null ? '' : `; the last attempt ended with: ${lastError}`;
  return new Problem('deadline', `${kind} did not end before its deadline${last}`);
}

/** The process is ending: the operation becomes pending again, and the next start continues it. */
class ExecutorClosing extends Problem {
  constructor() {
    super('unavailable', 'The executor is shutting down');
  }
}

/** A client has cancelled the operation. */
class Cancelled extends Problem {
  constructor() {
    super('cancelled', 'The operation was cancelled while it ran; what it had made was rolled back');
  }
}

/** The technology was away from the operation's acceptance until its deadline: there is nothing to roll back. */
class NeverTouched extends Problem {
  constructor({ kind }: ClaimedOperation, reason: string) {
    super('deadline', `${kind} could not begin before its deadline: ${reason}`);
  }
}
