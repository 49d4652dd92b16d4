import { type Database, DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import { HEARTBEAT_MS } from '../../schema/statements/alive.ts';
import type { Kind } from '../kinds.ts';
import type { ClaimedOperation } from '../records/records.ts';
import type { Change } from '../resources/resource.ts';
import { attempt } from './attempt.ts';
import { type Claim, claim } from './claim.ts';
import { Doorbell } from './doorbell.ts';
import { failureOf } from './failure.ts';
import { CAPABILITIES_MS, type Heartbeat } from './heartbeat.ts';
import { type Lease, LeaseLost, RENEW_MS } from './lease.ts';
import { Progress } from './progress.ts';
import { PRUNE_MS, Prune } from './prune.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { Watch } from './reconcile/watch.ts';
import { type Registration, whyFenced } from './registration.ts';
import { type Outcome, Reporter } from './report.ts';

/** Operations that one executor runs side by side. */
const RUNNING_MAX = 64;

/** How long an idle executor sleeps when nothing rings. */
const POLL_MS = 500;

const NOTHING: Claim = { claimed: [], cancelled: [] };

export interface ExecutorOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly lease: Lease;
  readonly heartbeat: Heartbeat;
  readonly kinds: readonly Kind[];
  readonly log: Logger;
  /** Called once, when this executor can't go on: a newer start took over, or its hypervisor was removed. */
  readonly lost: (reason: unknown) => void;
  /** How often the whole host is compared with what is wanted, whatever events said, in milliseconds. */
  readonly scanMs: number;
  /** How long an orphan is left alone, in milliseconds. */
  readonly graceMs: number;
  /** How long ended operations and events are kept, in milliseconds. */
  readonly retentionMs: number;
}

/** Claims the operations of one hypervisor, runs them and reports their ends, until it is closed. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #reporter: Reporter;
  readonly #reconciler: Reconciler;
  readonly #watch: Watch;
  readonly #progress: Progress;
  readonly #doorbell: Doorbell;
  readonly #running = new Map<number, Promise<void>>();
  #cancelled: ReadonlySet<number> = new Set();
  readonly #timers: NodeJS.Timeout[] = [];
  #closing = false;
  #lost = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ExecutorOptions) {
    const { database, registration, kinds, graceMs } = options;
    this.#options = options;
    this.#reporter = new Reporter(database, registration);
    this.#reconciler = new Reconciler({ database, registration, kinds, graceMs });
    this.#watch = new Watch({
      kinds,
      reconciler: this.#reconciler,
      log: options.log,
      trouble: (error) => this.#trouble(error),
    });
    this.#progress = new Progress(database, registration);
    this.#doorbell = new Doorbell(database);
  }

  /** Compares the host with what is wanted, then begins to work. */
  async start(): Promise<void> {
    const { database, lease, heartbeat, scanMs, retentionMs } = this.#options;
    await lease.renew();
    this.#every(RENEW_MS, () => lease.renew());
    this.#every(HEARTBEAT_MS, () => heartbeat.beat());
    this.#every(CAPABILITIES_MS, () => heartbeat.look());
    await this.#watch.start(scanMs);
    const prune = new Prune(database, retentionMs);
    void this.#every(PRUNE_MS, () => prune.run(() => this.#closing))();
    this.#loop = this.#work();
  }

  /** Finishes the steps in hand and gives the rest back. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#doorbell.close();
    await this.#watch.close();
    await this.#loop;
    await Promise.all(this.#running.values());
    this.#progress.close();
  }

  /**
   * Runs `task` again and again, never twice at once; what a pause of the database breaks, the next turn mends.
   * Answers what runs it out of turn.
   */
  #every(milliseconds: number, task: () => Promise<void>): () => Promise<void> {
    let busy = false;
    const turn = async () => {
      if (busy || this.#closing) return;
      busy = true;
      await task().catch((error: unknown) => this.#trouble(error));
      busy = false;
    };
    this.#timers.push(setInterval(() => void turn(), milliseconds));
    return turn;
  }

  async #work(): Promise<void> {
    while (!this.#closing) {
      const limit = RUNNING_MAX - this.#running.size;
      const { claimed, cancelled } = await this.#claim(limit);
      this.#cancelled = new Set(cancelled);
      if (claimed.length > 0) await this.#begin(claimed).catch((error: unknown) => this.#trouble(error));
      if (claimed.length < limit) await this.#doorbell.next(POLL_MS);
    }
  }

  #claim(limit: number): Promise<Claim> {
    const { database, registration, lease } = this.#options;
    if (!lease.isHeld()) return Promise.resolve(NOTHING);
    return claim(database, registration, { limit, running: this.#running.size }).catch((error: unknown) => {
      this.#trouble(error);
      return NOTHING;
    });
  }

  async #begin(claimed: readonly ClaimedOperation[]): Promise<void> {
    const kinds = Map.groupBy(claimed, (operation) =>
      this.#options.kinds.find(({ operations }) => operations.has(operation.kind)),
    );
    for (const [kind, operations] of kinds) {
      const changes = await kind?.records.load(operations);
      for (const operation of operations) {
        const outcome = () =>
          kind && changes
            ? this.#attempt(kind, operation, changes.get(operation.sequence) ?? null)
            : this.#doItself(operation);
        const ended = this.#run(operation, outcome)
          .catch((error: unknown) => this.#trouble(error))
          .finally(() => {
            this.#progress.forget(operation);
            this.#running.delete(operation.sequence);
            this.#doorbell.ring();
          });
        this.#running.set(operation.sequence, ended);
      }
    }
  }

  async #run(operation: ClaimedOperation, outcomeOf: () => Promise<Outcome | undefined>): Promise<void> {
    const began = performance.now();
    const outcome = await outcomeOf();
    if (outcome === undefined) return;
    await this.#reporter.report(operation, outcome);
    const { id, kind, resource, attempt: count } = operation;
    const facts = { operation: id, kind, resource, attempt: count, tookMs: Math.round(performance.now() - began) };
    if (outcome.status === 'succeeded') this.#options.log.info(facts, 'operation succeeded');
    else this.#options.log.warn({ ...facts, error: outcome.error }, words[outcome.status]);
  }

  async #attempt(
    kind: Kind,
    operation: ClaimedOperation,
    change: Change<unknown> | null,
  ): Promise<Outcome | undefined> {
    if (change === null) return superseded();
    return attempt(kind, operation, change, {
      lease: this.#options.lease,
      log: this.#options.log,
      isClosing: () => this.#closing,
      isCancelled: () => operation.cancelled === 1 || this.#cancelled.has(operation.sequence),
      progress: (done, step) => this.#progress.note(operation, done, change.total, step),
    });
  }

  /** What an executor does without a technology: looks at its whole host because somebody asks for it. */
  async #doItself(operation: ClaimedOperation): Promise<Outcome | undefined> {
    try {
      switch (operation.kind) {
        case 'hypervisor.resync':
          return await this.#reconciler.resync(operation);
        case 'hypervisor.sweep':
          return await this.#reconciler.sweep(operation);
        default:
          throw new Problem('impossible', `This executor does not know how to ${operation.kind}`, {
            hint: 'Run the same version of weft everywhere',
          });
      }
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof DatabaseError) throw error;
      return { status: 'failed', error: failureOf(error).problem.toJSON(), settle: [] };
    }
  }

  /** What the database says: away is waited out, fenced is the end. */
  #trouble(error: unknown): void {
    if (error instanceof DatabaseError && error.reason === 'fenced') {
      void this.#lose();
    } else {
      this.#options.log.error({ err: error }, 'the executor met trouble');
    }
  }

  /** Stops at once, and says why as soon as the database has told. */
  async #lose(): Promise<void> {
    this.#closing = true;
    if (this.#lost) return;
    this.#lost = true;
    const { database, registration, lost } = this.#options;
    lost(await whyFenced(database, registration).catch((error: unknown) => error));
  }
}

const words = {
  failed: 'operation failed',
  cancelled: 'operation was cancelled',
  retry: 'operation will be tried again',
} as const;

function superseded(): Outcome {
  const problem = new Problem('cancelled', 'The resource was changed after this repair was filed');
  return { status: 'cancelled', error: problem.toJSON(), settle: [] };
}
