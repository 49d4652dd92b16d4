import { setTimeout } from 'node:timers/promises';
import {
  type Database,
  DatabaseError,
  type Ended,
  guard,
  now,
  type Statement,
  statement,
} from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import { endOperations } from '../../schema/statements/ending.ts';
import { Gathering } from '../gathering.ts';
import type { ClaimedOperation } from '../records/records.ts';
import { type LookRow, lookOf } from './claim.ts';
import { isDatabaseAway } from './failure.ts';
import { fence, type Registration } from './registration.ts';
import { growingPause, type LoopTimes } from './times.ts';

/** What became of an attempt. */
export type Outcome = EndedAttempt | Retry;

interface EndedAttempt {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly error: ProblemDetails | null;
  readonly settle: readonly Statement[];
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
  readonly look: () => Statement<LookRow>;
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
  readonly #reports: Gathering<Report, ReadonlyMap<Report, Reported | DatabaseError>>;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#reports = new Gathering((reports) => this.#writeAll(reports));
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
    const { database, registration, times, look, onError, isClosing } = this.#options;
    const batch = [fence(registration), ...statements(registration, reports)];
    const wakes = new Map(reports.flatMap(newsOf));
    for (let failures = 1; ; failures += 1) {
      try {
        const rows = await database.write([...batch, look()], { wakes, call: 'report' });
        return lookOf(rows.at(-1)?.[0] as LookRow | undefined).claimable;
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

function statements(registration: Registration, reports: readonly Report[]): Statement[] {
  const ended = reports.filter(({ outcome }) => outcome.status !== 'retry').map(({ operation }) => operation);
  const sequences = JSON.stringify(ended.map(({ sequence }) => sequence));
  const parts = ended.some(({ parentId }) => parentId !== null);
  return [
    ...reports.map(({ operation }) => isRunning(registration, operation)),
    ...reports.flatMap(({ operation, outcome }) =>
      outcome.status === 'retry' ? [retryStatement(operation, outcome)] : endStatements(operation, outcome),
    ),
    ...(ended.length > 0 ? endOperations('SELECT value FROM json_each(:ended)', { ended: sequences }, parts) : []),
  ];
}

/**
 * What was given back, ended by the API, or reported by a call whose answer was lost is not to be ended again; nor is
 * its work to be filed by a call that is executed when it was given up long ago.
 */
export function isRunning({ epoch }: Registration, { sequence, attempt }: ClaimedOperation): Statement<never> {
  return guard(
    NOT_RUNNING,
    `EXISTS (SELECT 1 FROM operations WHERE sequence = :sequence AND status = 'running' AND epoch = :epoch AND attempt = :attempt)`,
    { sequence, epoch, attempt },
  );
}

function retryStatement({ sequence }: ClaimedOperation, { error, afterMs }: Retry): Statement {
  return statement(retry, {
    sequence,
    after: afterMs,
    error: error === null ? null : JSON.stringify(error),
    step: error?.step ?? null,
  });
}

function endStatements({ sequence }: ClaimedOperation, ended: EndedAttempt): Statement[] {
  const { error, settle } = ended;
  return [
    statement(end, {
      sequence,
      ...rowOf(ended),
      step: error?.step ?? null,
      // The same request may succeed the next time: its key is free for that.
      retriable: error?.code === 'deadline' ? 1 : 0,
    }),
    ...settle,
  ];
}

function rowOf({ status, error, result }: EndedAttempt) {
  return {
    status,
    error: error === null ? null : JSON.stringify(error),
    result: result === undefined ? null : JSON.stringify(result),
  };
}

/** Who waits for one of these need not read how it ended; a list may have ended with its part. */
function newsOf({ operation: { id, parentId }, outcome }: Report): [string, Ended | null][] {
  const ended = outcome.status === 'retry' ? null : rowOf(outcome);
  return parentId === null
    ? [[id, ended]]
    : [
        [id, ended],
        [parentId, null],
      ];
}

const retry = `
  UPDATE operations SET status = 'pending', epoch = NULL, lease_until_ms = NULL, not_before_ms = ${now} + :after,
    error = :error, step = :step
  WHERE sequence = :sequence`;

const end = `
  UPDATE operations SET status = :status, error = :error, step = :step, result = coalesce(:result, result),
    epoch = NULL, lease_until_ms = NULL, done = CASE :status WHEN 'succeeded' THEN total ELSE done END,
    finished_ms = ${now}, key = CASE WHEN :retriable THEN NULL ELSE key END
  WHERE sequence = :sequence`;
