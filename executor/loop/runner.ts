import { DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { collectGarbageSoonAfter } from '../../schema/process/collect-garbage.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import type { Outcome } from '../../schema/store/report.ts';
import type { WorkStore } from '../../schema/store/store.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Change } from '../kinds/resource.ts';
import { Attempt } from './attempt.ts';
import { failureOf, isDatabaseAway, isFenced } from './failure.ts';
import type { Lease } from './lease.ts';
import type { Progress } from './progress.ts';
import type { Reconciler } from './reconcile/reconciler.ts';
import type { Reported, Reporter } from './report.ts';
import { ReportHold } from './report-hold.ts';
import type { LoopTimes } from './times.ts';
import type { Owned, Work } from './work.ts';

export interface RunnerOptions {
  readonly store: Pick<WorkStore, 'load'>;
  readonly kinds: readonly Kind[];
  readonly work: Work;
  readonly lease: Lease;
  readonly log: Logger;
  readonly times: LoopTimes;
  readonly reporter: Reporter;
  readonly reconciler: Reconciler;
  readonly progress: Progress;
  readonly isClosing: () => boolean;
  /** Called after each load. */
  readonly onLoaded: (succeeded: boolean) => void;
  /** An operation was dropped without a report: it is running in the database, and must become pending again. */
  readonly onDropped: () => void;
  /** A place is free; `reported` is undefined if the operation's end is written elsewhere. */
  readonly onEnded: (reported?: Reported, outcome?: Outcome) => void;
  readonly onError: (error: unknown) => void;
}

/** An owned operation, and its kind. */
interface Task {
  readonly kind: Kind;
  readonly owned: Owned;
}

/**
 * The changes of operations, as of their own places in the order; null: a repair of a resource that has changed since.
 */
type Changes = ReadonlyMap<number, Change<unknown> | null>;

/** The data to read, plan and report this many items (such as containers) is some ten megabytes. */
const ITEMS_COLLECTED_TOGETHER = 1_000;

/** Runs claimed operations, from load to report. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #worked = collectGarbageSoonAfter(ITEMS_COLLECTED_TOGETHER);
  #abandoned = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Claimed operations are owned already. */
  begin(claimed: readonly ClaimedOperation[]): void {
    const { kinds, work } = this.#options;
    const tasks: Task[] = [];
    for (const owned of work.of(claimed)) {
      const kind = kinds.find(({ definition }) => Object.hasOwn(definition.operations, owned.operation.kind));
      if (kind === undefined) this.#track(this.#end(owned, () => this.#runBuiltin(owned)));
      else tasks.push({ kind, owned });
    }
    if (tasks.length > 0) this.#track(this.#beginTasks(tasks));
  }

  /** Returns when no operation runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** From now on nothing is reported. */
  abandon(): void {
    this.#abandoned = true;
  }

  #track(running: Promise<void>): void {
    const tracked = running.catch(this.#options.onError).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Loads operations that were claimed together in one call; if that fails because of one of them, each by itself. */
  async #beginTasks(tasks: readonly Task[]): Promise<void> {
    const { onLoaded, onError } = this.#options;
    const asked = performance.now();
    let changes: Changes;
    try {
      changes = await this.#load(tasks);
      onLoaded(true);
    } catch (error) {
      if (isDatabaseAway(error)) {
        onLoaded(false);
        onError(error);
        for (const { owned } of tasks) this.#drop(owned);
      } else if (tasks.length > 1) {
        await Promise.all(tasks.map((task) => this.#beginTasks([task])));
      } else {
        for (const { owned } of tasks) await this.#end(owned, async () => unloadable(error));
      }
      return;
    }
    const hold = new ReportHold(tasks.length, performance.now() - asked, this.#options.times.report);
    for (const { kind, owned } of tasks) {
      const change = changes.get(owned.operation.sequence) ?? null;
      const ended = this.#end(owned, () => this.#attempt(kind, owned, change).finally(() => hold.end()));
      this.#track(ended.finally(() => this.#worked(change?.total ?? 1)));
    }
  }

  async #load(tasks: readonly Task[]): Promise<Changes> {
    const rows = await this.#options.store.load(tasks.map(({ owned }) => owned.operation));
    return new Map(
      tasks.map(({ kind, owned: { operation } }) => [
        operation.sequence,
        kind.spec.change(operation, rows.get(operation.sequence)),
      ]),
    );
  }

  async #end(owned: Owned, run: () => Promise<Outcome | 'handed over' | undefined>): Promise<void> {
    const { work, progress, onEnded, onError } = this.#options;
    const began = performance.now();
    try {
      const outcome = await run();
      if (this.#abandoned) return;
      if (outcome === undefined) return this.#drop(owned);
      if (outcome === 'handed over') {
        work.drop(owned);
        onEnded();
        return;
      }
      const reported = await this.#report(owned, outcome, began);
      work.drop(owned);
      onEnded(reported, outcome);
    } catch (error) {
      onError(error);
      this.#drop(owned);
    } finally {
      progress.forget(owned.operation);
    }
  }

  #drop(owned: Owned): void {
    if (this.#abandoned) return;
    this.#options.work.drop(owned);
    this.#options.onDropped();
  }

  /** An end of the operation that the database rejects is an internal error, and the operation fails with it. */
  async #report(owned: Owned, outcome: Outcome, began: number): Promise<Reported> {
    const { reporter, log } = this.#options;
    const { operation } = owned;
    let written = outcome;
    let reported: Reported;
    try {
      reported = await reporter.report(operation, outcome);
    } catch (error) {
      if (!(error instanceof DatabaseError) || isFenced(error) || isDatabaseAway(error)) throw error;
      log.error({ err: error, operation: operation.id }, 'the database refused the end of an operation');
      written = { status: 'failed', error: refused(error).toJSON() };
      reported = await reporter.report(operation, written);
    }
    if (reported.status === 'void') return reported;
    const { id, kind, resource, attempt } = operation;
    const facts = { operation: id, kind, resource, attempt, tookMs: Math.round(performance.now() - began) };
    if (written.status === 'succeeded') log.info(facts, 'operation succeeded');
    else if (written.status === 'retry' && written.error === null) log.debug(facts, 'operation given back');
    else log.warn({ ...facts, error: written.error }, words[written.status]);
    return reported;
  }

  async #attempt(kind: Kind, owned: Owned, change: Change<unknown> | null): Promise<Outcome | undefined> {
    if (change === null) return superseded();
    const { lease, log, times, isClosing, progress } = this.#options;
    return new Attempt(kind, owned.operation, change, {
      ...{ lease, log, times, isClosing },
      isCancelled: () => owned.cancelled,
      progress: (done, step) => progress.note(owned.operation, done, change.total, step),
    }).run();
  }

  /** Operations that need no technology, such as a full scan on request. */
  async #runBuiltin({ operation }: Owned): Promise<Outcome | 'handed over' | undefined> {
    const { reconciler } = this.#options;
    try {
      switch (operation.kind) {
        case 'hypervisor.resync':
          return (await reconciler.resync(operation)) ?? 'handed over';
        case 'hypervisor.sweep':
          return (await reconciler.collectOrphans(operation)) ?? 'handed over';
        default:
          throw new Problem('impossible', `Unsupported kind of operation: ${operation.kind}`, {
            hint: 'Run the same version of weft everywhere',
          });
      }
    } catch (error) {
      if (isDatabaseAway(error) || isFenced(error)) throw error;
      return { status: 'failed', error: failureOf(error).problem.toJSON() };
    }
  }
}

const words = {
  failed: 'operation failed',
  cancelled: 'operation was cancelled',
  retry: 'operation will be retried',
} as const;

function superseded(): Outcome {
  const problem = new Problem('cancelled', 'The resource was changed after this repair was filed');
  return { status: 'cancelled', error: problem.toJSON() };
}

function unloadable(cause: unknown): Outcome {
  const message = cause instanceof Error ? cause.message : String(cause);
  const problem = new Problem('internal', `The operation could not be loaded: ${message}`, { cause });
  return { status: 'failed', error: problem.toJSON() };
}

function refused(cause: DatabaseError): Problem {
  return new Problem('internal', `The database refused the end of the operation: ${cause.message}`, { cause });
}
