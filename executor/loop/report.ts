import { clearGuards, type Database, now, type Statement, statement } from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import { Gathering } from '../gathering.ts';
import type { ClaimedOperation } from '../records/records.ts';
import { fence, type Registration } from './registration.ts';

/** What became of an attempt. */
export type Outcome =
  | {
      readonly status: 'succeeded' | 'failed';
      readonly error: ProblemDetails | null;
      readonly settle: readonly Statement[];
    }
  | { readonly status: 'retry'; readonly error: ProblemDetails | null; readonly afterMs: number };

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
      await database.write([fence(registration), ...statements(reports), clearGuards]);
    });
  }

  /** Returns when the report is in the database; throws what the database says, `fenced` too. */
  report(operation: ClaimedOperation, outcome: Outcome): Promise<void> {
    return this.#reports.call({ operation, outcome });
  }
}

function statements(reports: readonly Report[]): Statement[] {
  const ended = reports.filter(({ outcome }) => outcome.status !== 'retry');
  const args = { ended: JSON.stringify(ended.map(({ operation }) => operation.sequence)) };
  return [
    ...reports.flatMap(({ operation, outcome }) =>
      outcome.status === 'retry' ? [retryStatement(operation, outcome)] : endStatements(operation, outcome),
    ),
    ...(ended.length > 0
      ? [deleteSubjects, finishedEvents, finishParents, finishedParentEvents].map((sql) => statement(sql, args))
      : []),
  ];
}

function retryStatement({ sequence }: ClaimedOperation, outcome: Outcome & { status: 'retry' }): Statement {
  const error = outcome.error === null ? null : JSON.stringify(outcome.error);
  return statement(retry, { sequence, after: outcome.afterMs, error, step: outcome.error?.step ?? null });
}

function endStatements({ sequence }: ClaimedOperation, outcome: Exclude<Outcome, { status: 'retry' }>): Statement[] {
  const error = outcome.error === null ? null : JSON.stringify(outcome.error);
  return [
    statement(end, {
      sequence,
      status: outcome.status,
      error,
      step: outcome.error?.step ?? null,
      // The same request may succeed the next time: its key is free for that.
      retriable: outcome.error?.code === 'deadline' ? 1 : 0,
    }),
    ...outcome.settle,
  ];
}

const retry = `
  UPDATE operations SET status = 'pending', epoch = NULL, lease_until_ms = NULL, not_before_ms = ${now} + :after,
    error = :error, step = :step
  WHERE sequence = :sequence`;

const end = `
  UPDATE operations SET status = :status, error = :error, step = :step, epoch = NULL, lease_until_ms = NULL,
    done = CASE :status WHEN 'succeeded' THEN total ELSE done END, finished_ms = ${now}, key = CASE WHEN :retriable THEN NULL ELSE key END
  WHERE sequence = :sequence`;

const deleteSubjects = 'DELETE FROM operation_subjects WHERE sequence IN (SELECT value FROM json_each(:ended))';

function insertEvents(which: string): string {
  return `
    INSERT INTO events (at_ms, hypervisor, type, subject, data)
    SELECT finished_ms, hypervisor, 'operation.' || status, coalesce(resource, 'operations/' || id),
      json_object('operation', id, 'kind', kind, 'error', error ->> '$.detail')
    FROM operations WHERE ${which} ORDER BY sequence`;
}

const finishedEvents = insertEvents('sequence IN (SELECT value FROM json_each(:ended))');

/** Parents of what ended here, whose last part this was. */
const finishedParents = `
  sequence IN (SELECT parent FROM operations WHERE parent IS NOT NULL AND sequence IN (SELECT value FROM json_each(:ended)))
  AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = operations.sequence AND c.status IN ('pending', 'running'))`;

const failedParts = `FROM operations c WHERE c.parent = operations.sequence AND c.status = 'failed'`;

/** A list fails when a part of it did; its error is that of the first such part. */
const finishParents = `
  UPDATE operations SET finished_ms = ${now},
    status = CASE WHEN EXISTS (SELECT 1 ${failedParts}) THEN 'failed' ELSE 'succeeded' END,
    done = (SELECT sum(done) FROM operations c WHERE c.parent = operations.sequence),
    total = (SELECT sum(total) FROM operations c WHERE c.parent = operations.sequence),
    error = (SELECT json_set(c.error,
        '$.detail', (SELECT count(*) ${failedParts}) || ' of ' || (SELECT count(*) FROM operations p WHERE p.parent = operations.sequence)
          || ' failed: ' || (c.error ->> '$.detail'),
        '$.message', c.error ->> '$.detail') ${failedParts} ORDER BY c.sequence LIMIT 1)
  WHERE ${finishedParents}`;

const finishedParentEvents = insertEvents(finishedParents);
