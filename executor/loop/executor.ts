import { type Database, DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Kind } from '../kinds.ts';
import type { ClaimedOperation } from '../records/records.ts';
import type { Change } from '../resources/resource.ts';
import { claim } from './claim.ts';
import { type ConvergeHooks, converge } from './converge.ts';
import { Doorbell } from './doorbell.ts';
import { failureOf } from './failure.ts';
import { Lease, LeaseLost, RENEW_MS } from './lease.ts';
import { Progress } from './progress.ts';
import { Reconciler, SCAN_MS } from './reconcile.ts';
import type { Registration } from './registration.ts';
import { type Outcome, Reporter } from './report.ts';

/** Operations that one executor runs side by side. */
const RUNNING_MAX = 64;

/** How long an idle executor sleeps when nothing rings. */
const POLL_MS = 500;

const RETRY_FIRST_MS = 200;
const RETRY_LONGEST_MS = 30_000;

export interface ExecutorOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly kinds: readonly Kind[];
  readonly log: Logger;
  /** Called once, when this executor can't go on: a newer start took over, or a fault of ours. */
  readonly lost: (reason: unknown) => void;
  readonly fault: ConvergeHooks['fault'];
}

/** Claims the operations of one hypervisor, runs them and reports their ends, until it is closed. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #lease: Lease;
  readonly #reporter: Reporter;
  readonly #reconciler: Reconciler;
  readonly #progress: Progress;
  readonly #doorbell: Doorbell;
  readonly #running = new Map<number, Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #closing = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ExecutorOptions) {
    const { database, registration, kinds } = options;
    this.#options = options;
    this.#lease = new Lease(database, registration);
    this.#reporter = new Reporter(database, registration);
    this.#reconciler = new Reconciler(database, registration, kinds);
    this.#progress = new Progress(database, registration);
    this.#doorbell = new Doorbell(database);
  }

  /** Compares the host with what is wanted, then begins to work. */
  async start(): Promise<void> {
    await this.#lease.renew();
    this.#every(RENEW_MS, () => this.#lease.renew());
    await this.#scan();
    this.#every(SCAN_MS, () => this.#scan());
    this.#loop = this.#work();
  }

  /** Finishes the steps in hand and gives the rest back. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#doorbell.close();
    await this.#loop;
    await Promise.all(this.#running.values());
    this.#progress.close();
  }

  /** Runs `task` again and again, never twice at once; what a pause of the database breaks, the next turn mends. */
  #every(milliseconds: number, task: () => Promise<void>): void {
    let busy = false;
    const turn = async () => {
      if (busy || this.#closing) return;
      busy = true;
      await task().catch((error: unknown) => this.#trouble(error));
      busy = false;
    };
    this.#timers.push(setInterval(() => void turn(), milliseconds));
  }

  async #scan(): Promise<void> {
    const repairs = await this.#reconciler.scan();
    if (repairs.length > 0) this.#options.log.warn({ repairs }, `the host differs in ${repairs.length} places`);
  }

  async #work(): Promise<void> {
    const { database, registration } = this.#options;
    while (!this.#closing) {
      const free = RUNNING_MAX - this.#running.size;
      const claimed =
        free > 0 && this.#lease.isHeld()
          ? await claim(database, registration, free).catch((error) => this.#trouble(error))
          : [];
      if (claimed.length > 0) await this.#begin(claimed).catch((error) => this.#trouble(error));
      else await this.#doorbell.next(POLL_MS);
    }
  }

  async #begin(claimed: readonly ClaimedOperation[]): Promise<void> {
    const kinds = Map.groupBy(claimed, ({ kind }) =>
      this.#options.kinds.find(({ operations }) => operations.has(kind)),
    );
    for (const [kind, operations] of kinds) {
      const changes = await kind?.records.load(operations);
      for (const operation of operations) {
        const change = changes?.get(operation.sequence);
        const ended = (kind && change ? this.#run(kind, operation, change) : this.#unknown(operation))
          .catch((error: unknown) => void this.#trouble(error))
          .finally(() => {
            this.#running.delete(operation.sequence);
            this.#doorbell.ring();
          });
        this.#running.set(operation.sequence, ended);
      }
    }
  }

  #unknown(operation: ClaimedOperation): Promise<void> {
    const problem = new Problem('impossible', `This executor does not know how to ${operation.kind}`, {
      hint: 'Run the same version of weft everywhere',
    });
    return this.#reporter.report(operation, { status: 'failed', error: problem.toJSON(), settle: [] });
  }

  async #run(kind: Kind, operation: ClaimedOperation, change: Change<unknown>): Promise<void> {
    const { log } = this.#options;
    const began = performance.now();
    const outcome = await this.#attempt(kind, operation, change);
    if (outcome === undefined) return;
    await this.#reporter.report(operation, outcome);
    const tookMs = Math.round(performance.now() - began);
    const facts = {
      operation: operation.id,
      kind: operation.kind,
      resource: operation.resource,
      attempt: operation.attempt,
      tookMs,
    };
    if (outcome.status === 'succeeded') log.info(facts, 'operation succeeded');
    else
      log.warn(
        { ...facts, error: outcome.error },
        outcome.status === 'failed' ? 'operation failed' : 'operation will be tried again',
      );
  }

  /** Undefined: given back without a word, for the lease is not ours any more or the process is ending. */
  async #attempt(kind: Kind, operation: ClaimedOperation, change: Change<unknown>): Promise<Outcome | undefined> {
    const deadline = performance.now() + operation.deadlineInMs;
    try {
      await converge(kind.resource, change.after, {
        check: () => {
          this.#lease.check();
          if (this.#closing) throw new Ending();
          if (performance.now() > deadline) throw late(operation);
        },
        fault: this.#options.fault,
        remaining: (items, step) =>
          this.#progress.note(operation, Math.max(0, change.total - items), change.total, step),
      });
      return { status: 'succeeded', error: null, settle: kind.records.settle(operation, change, null) };
    } catch (error) {
      if (error instanceof LeaseLost) return undefined;
      if (error instanceof Ending) return { status: 'retry', error: null, afterMs: 0 };
      const { problem, transient } = failureOf(error);
      const pause = Math.min(RETRY_FIRST_MS * 2 ** (operation.attempt - 1), RETRY_LONGEST_MS);
      if (transient && performance.now() + pause < deadline)
        return { status: 'retry', error: problem.toJSON(), afterMs: pause };
      return this.#undo(kind, operation, change, problem);
    }
  }

  /** A change that fails for good is taken back: the host converges to what was before. */
  async #undo(
    kind: Kind,
    operation: ClaimedOperation,
    change: Change<unknown>,
    problem: Problem,
  ): Promise<Outcome | undefined> {
    try {
      await converge(kind.resource, change.before, {
        check: () => this.#lease.check(),
        fault: this.#options.fault,
        remaining: () => undefined,
      });
    } catch (error) {
      if (error instanceof LeaseLost) return undefined;
      // What is left over shows as a difference in the next scan, which repairs it.
      this.#options.log.warn({ err: error, operation: operation.id }, 'undoing failed');
    }
    const error = problem.toJSON();
    return { status: 'failed', error, settle: kind.records.settle(operation, change, error) };
  }

  /** What the database says: away is waited out, fenced is the end. */
  #trouble(error: unknown): [] {
    if (error instanceof DatabaseError && error.reason === 'fenced') {
      this.#options.lost(new Problem('conflict', 'A newer start of this executor has taken over'));
      this.#closing = true;
    } else {
      this.#options.log.error({ err: error }, 'the executor met trouble');
    }
    return [];
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
