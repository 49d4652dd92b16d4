import { type Database, type Ended, now, type Statement, statement } from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import { endOperations } from '../../schema/statements/ending.ts';
import { Gathering } from '../gathering.ts';
import type { ClaimedOperation } from '../records/records.ts';
import { fence, type Registration } from './registration.ts';

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

/**
 * Writes the ends of operations: those that come while a batch is under way go into the next one together. A batch
 * names the epoch, and one by an older epoch changes nothing.
 */
export class Reporter {
  readonly #reports: Gathering<Report, void>;

  constructor(database: Database, registration: Registration) {
    this.#reports = new Gathering(async (reports) => {
      await database.write([fence(registration), ...statements(reports)], {
        wakes: new Map(reports.flatMap(newsOf)),
        call: 'report',
      });
    });
  }

  /** Returns when the report is in the database; throws what the database says, `fenced` too. */
  report(operation: ClaimedOperation, outcome: Outcome): Promise<void> {
    return this.#reports.call({ operation, outcome });
  }
}

function statements(reports: readonly Report[]): Statement[] {
  const ended = reports.filter(({ outcome }) => outcome.status !== 'retry').map(({ operation }) => operation);
  const sequences = JSON.stringify(ended.map(({ sequence }) => sequence));
  const parts = ended.some(({ parentId }) => parentId !== null);
  return [
    ...reports.flatMap(({ operation, outcome }) =>
      outcome.status === 'retry' ? [retryStatement(operation, outcome)] : endStatements(operation, outcome),
    ),
    ...(ended.length > 0 ? endOperations('SELECT value FROM json_each(:ended)', { ended: sequences }, parts) : []),
  ];
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
