import { setTimeout } from 'node:timers/promises';
import {
  type Database,
  DatabaseError,
  guard,
  now,
  type OperationEnd,
  type Statement,
  statement,
} from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import { endOperations } from '../../schema/statements/ending.ts';
import { Batcher } from '../kinds/batcher.ts';
import { type PollRow, pollOf } from './claim.ts';
import { isDatabaseAway } from './failure.ts';
import { fence, type Registration } from './registration.ts';
import { growingPause, type LoopTimes } from './times.ts';

/** What became of an attempt. */
export type Outcome = EndedAttempt | Retry;

interface EndedAttempt {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly error: ProblemDetails | null;
  readonly finish: readonly Statement[];
  /** What the operation answers, where that is more than its success. */
  readonly result?: unknown;
}

interface Retry {
  readonly status: 'retry';
  readonly error: ProblemDetails | null;
  readonly afterMs: number;
}

interface Report {
  readonly operation: ClaimedOperation;
  readonly outcome: Outcome;
}

/** `void`: it was written before, or the operation is not this attempt's any more. */
export type Reported = { readonly status: 'written'; readonly claimable: boolean } | { readonly status: 'void' };

const VOID: Reported = { status: 'void' };

export interface ReporterOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly times: LoopTimes;
  /** Asks in the same batch whether the ends let something begin. */
  readonly poll: () => Statement<PollRow>;
  /** Called with each failure of the database that is waited out. */
  readonly onError: (error: unknown) => void;
  /** When it says so, what the database does not take is not repeated. */
  readonly isClosing: () => boolean;
}

const NOT_RUNNING = 'not_running';

/**
 * Writes the ends of operations: those that come while a batch is under way go into the next one together. A batch is
 * repeated until it is written or fenced; one that the database refuses is split, so that it takes nothing with it.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #reports: Batcher<Report, ReadonlyMap<Report, Reported | DatabaseError>>;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#reports = new Batcher((reports) => this.#writeAll(reports));
  }

  /** Returns when the report is in the database. Throws the {@link DatabaseError} that refuses it, `fenced` too. */
  async report(operation: ClaimedOperation, outcome: Outcome): Promise<Reported> {
    const own = { operation, outcome };
    const reported = (await this.#reports.call(own)).get(own) ?? VOID;
    if (reported instanceof DatabaseError) throw reported;
    return reported;
  }

  async #writeAll(reports: readonly Report[]): Promise<ReadonlyMap<Report, Reported | DatabaseError>> {
    const same = (each: Reported | DatabaseError) => new Map(reports.map((report) => [report, each]));
    try {
      return same({ status: 'written', claimable: await this.#repeat(reports) });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { reason } = error;
      if (reason === 'fenced' || isDatabaseAway(error)) return same(error);
      if (reports.length === 1) return same(reason === NOT_RUNNING ? VOID : error);
      const results = new Map<Report, Reported | DatabaseError>();
      for (const half of halves(reports)) {
        for (const [report, result] of await this.#writeAll(half)) results.set(report, result);
      }
      return results;
    }
  }

  /** Answers whether something may be claimed now. */
  async #repeat(reports: readonly Report[]): Promise<boolean> {
    const { database, registration, times, poll, onError, isClosing } = this.#options;
    const batch = [fence(registration), ...statements(registration, reports)];
    const audience = new Map(reports.flatMap(notificationOf));
    for (let failures = 1; ; failures += 1) {
      try {
        const rows = await database.write([...batch, poll()], { audience, call: 'report' });
        return pollOf(rows.at(-1)?.[0] as PollRow | undefined).claimable;
      } catch (error) {
        if (!isDatabaseAway(error) || isClosing()) throw error;
        onError(error);
        await setTimeout(growingPause(failures, times.databaseFirst, times.databaseLongest));
      }
    }
  }
}

function halves<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

/** As many statements for many reports as for one, but for what each kind writes of its resources. */
function statements(registration: Registration, reports: readonly Report[]): Statement[] {
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
    ...(ends.length > 0 ? endStatements(ends) : []),
  ];
}

/**
 * What was given back, ended by the API, or reported by a call whose answer was lost is not to be ended again; nor is
 * its work to be filed by a call that is executed when it was given up long ago.
 */
export function isRunning(registration: Registration, operation: ClaimedOperation): Statement<never> {
  return areRunning(registration, [operation]);
}

function areRunning({ epoch }: Registration, operations: readonly ClaimedOperation[]): Statement<never> {
  const attempts = JSON.stringify(operations.map(({ sequence, attempt }) => ({ sequence, attempt })));
  return guard(NOT_RUNNING, allRunning, { epoch, attempts });
}

const allRunning = `NOT EXISTS (
  SELECT 1 FROM json_each(:attempts) x LEFT JOIN operations o ON o.sequence = x.value ->> 'sequence'
  WHERE o.status IS NOT 'running' OR o.epoch IS NOT :epoch OR o.attempt IS NOT x.value ->> 'attempt')`;

interface ReportedEnd extends Report {
  readonly outcome: EndedAttempt;
}

interface Retried extends Report {
  readonly outcome: Retry;
}

function endStatements(ends: readonly ReportedEnd[]): Statement[] {
  const ended = JSON.stringify(ends.map(({ operation: { sequence } }) => sequence));
  const parts = ends.some(({ operation: { parentId } }) => parentId !== null);
  return [
    statement(end, { ends: JSON.stringify(ends.map(endRow)) }),
    ...ends.flatMap(({ outcome: { finish } }) => finish),
    ...endOperations('SELECT value FROM json_each(:ended)', { ended }, parts),
  ];
}

function endRow({ operation: { sequence }, outcome }: ReportedEnd) {
  const { error } = outcome;
  // The same request may succeed the next time: its key is free for that.
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

/** Who waits for one of these need not read how it ended; a list may have ended with its part. */
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
