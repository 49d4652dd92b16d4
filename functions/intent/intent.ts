import { type Database, DatabaseError, guard, now, type Statement, statement } from '../../schema/database/database.ts';
import { remembered } from '../../schema/database/remembered.ts';
import { Problem } from '../../schema/problem.ts';
import { alive } from '../../schema/statements/alive.ts';
import type { Choice } from './choice.ts';
import { findByKey, guardKey, type IdempotencyKey, KEY_TAKEN, keepKey } from './idempotency.ts';
import { type AcceptedOperation, selectAccepted } from './operation.ts';

/** A write of the API, ready to be recorded: one batch, one round trip. */
export interface Intent {
  /** Id of the operation that the caller waits for. */
  readonly operation: string;
  /** Guards, resource rows, the operation and its parts, their subjects; in the order they run. */
  readonly statements: readonly Statement[];
  /** Statements after its own change the operation, or make parts of it. */
  readonly amended?: true;
  /** The words for a batch that was aborted: reads what is in the way. */
  readonly explain: (error: DatabaseError) => Promise<Problem>;
}

/** How long an operation may take, retries included, before it fails for good. */
const DEADLINE_MS = 600_000;

const acceptedEvents = (which: string) => `
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT created_ms, hypervisor, CASE status WHEN 'succeeded' THEN 'operation.succeeded' ELSE 'operation.accepted' END,
    coalesce(resource, 'operations/' || id), json_object('operation', id, 'kind', kind)
  FROM operations WHERE ${which} ORDER BY sequence`;

const acceptedEvent = acceptedEvents('id = :operation');
const acceptedWithParts = acceptedEvents(
  'id = :operation OR parent = (SELECT sequence FROM operations WHERE id = :operation)',
);

/**
 * Records an intent: desired state, operation and event, together or not at all. Answers the operation as accepted, or
 * the one that the key named before. Throws the {@link Problem} that says why it cannot be.
 */
export async function record(database: Database, intent: Intent, key?: IdempotencyKey): Promise<AcceptedOperation> {
  const { operation, amended = false } = intent;
  try {
    const batch = [
      guard(RECORDED, 'NOT EXISTS (SELECT 1 FROM operations WHERE id = :operation)', { operation }),
      ...(key ? [guardKey(key)] : []),
      ...intent.statements,
      ...(key ? [keepKey(operation, key)] : []),
      statement(amended ? acceptedWithParts : acceptedEvent, { operation }),
      ...(amended ? [selectAccepted(operation)] : []),
    ];
    // Executors hear of it; that it was accepted, nobody waits for.
    const rows = await database.write(batch, { wakes: 'executors', call: 'accept' });
    const accepted = amended ? rows.at(-1)?.[0] : rows.find((returned) => returned.length > 0)?.[0];
    if (accepted === undefined) throw new DatabaseError('fault', operation, `operation ${operation} was not recorded`);
    return accepted as AcceptedOperation;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.reason === RECORDED || error.committed === 'unknown') {
      const recorded = await readAccepted(database, operation);
      if (recorded) return recorded;
      throw unknownWhetherRecorded(operation, error);
    }
    if (key && error.reason === KEY_TAKEN) {
      const earlier = await findByKey(database, key);
      if (earlier) return earlier;
    }
    if (error.code === 'guard' || error.code === 'constraint') throw await intent.explain(error);
    throw error;
  }
}

/** Aborts a batch that was executed before: a proxy has repeated the request. First in the batch. */
const RECORDED = 'recorded';

/** Undefined: it is not there, or cannot be read. */
async function readAccepted(database: Database, operation: string): Promise<AcceptedOperation | undefined> {
  const rows = await database.read([selectAccepted(operation)], { call: 'recorded' }).catch(() => [[]] as const);
  return rows[0][0];
}

function unknownWhetherRecorded(operation: string, cause: DatabaseError): Problem {
  return new Problem(
    'unavailable',
    `unknown whether it was recorded; GET /operations/${operation} tells, or repeat with the same Idempotency-Key`,
    { cause, headers: { 'operation-id': operation } },
  );
}

export interface NewOperation {
  readonly operation: string;
  readonly kind: string;
  readonly on: Choice;
  readonly request: unknown;
  readonly principal: string;
  /** The resource that does the work; null for a parent, whose parts do it. */
  readonly resource: string | null;
  /**
   * What needs no host is born succeeded; so is what is true once it is recorded, where no executor is there that could
   * bring its host in line at once.
   */
  readonly status: 'pending' | 'succeeded' | 'pending where able';
  readonly total?: number;
  /** What is known of the result before the work is done. */
  readonly result?: unknown;
}

const insertAs = (status: string) =>
  remembered(
    (choice) => `
  WITH c AS MATERIALIZED (SELECT ${choice} AS hypervisor)
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms,
    attempt, done, total, principal, created_ms, finished_ms, result)
  SELECT :operation, x.hypervisor, :kind, replace(:resource, ':hypervisor', coalesce(x.hypervisor, '')), :request, 0, x.status,
    x.now, x.now + ${DEADLINE_MS}, 0, CASE x.status WHEN 'succeeded' THEN :total ELSE 0 END, :total, :principal, x.now,
    CASE x.status WHEN 'succeeded' THEN x.now END, :result
  FROM (SELECT c.hypervisor, ${now} AS now, ${status} AS status FROM c) x
  RETURNING id, status, hypervisor, resource, error, result,
    (SELECT ${now} - h.last_seen_ms FROM hypervisors h WHERE h.id = operations.hypervisor) AS silent_ms`,
  );

const inserts: Readonly<Record<NewOperation['status'], (choice: string) => string>> = {
  pending: insertAs("'pending'"),
  succeeded: insertAs("'succeeded'"),
  'pending where able': insertAs(`
    CASE WHEN (SELECT ${alive('h')} AND h.capabilities ->> '$.netns.available' FROM hypervisors h WHERE h.id = c.hypervisor)
      THEN 'pending' ELSE 'succeeded' END`),
};

/** `:hypervisor` in the resource stands for the id of the hypervisor that was chosen. */
export function insertOperation({
  on,
  request,
  result,
  total,
  status,
  ...operation
}: NewOperation): Statement<AcceptedOperation> {
  return statement(inserts[status](on.sql), {
    ...on.args,
    ...operation,
    request: JSON.stringify(request),
    total: total ?? 1,
    result: result === undefined ? null : JSON.stringify(result),
  });
}

/** An operation changes its resource, and nothing else. */
export function insertOwnSubject(operation: string): Statement<never> {
  return statement(ownSubject, { operation });
}

const ownSubject = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT resource, sequence FROM operations WHERE id = :operation AND status = 'pending'`;

/** Columns and values with which a part copies its parent, `p`, over `n`, what it works on. */
export const partColumns =
  'parent, hypervisor, generation, status, not_before_ms, deadline_ms, attempt, done, principal, created_ms';
export const partValues =
  "p.sequence, n.hypervisor, 0, 'pending', p.not_before_ms, p.deadline_ms, 0, 0, p.principal, p.created_ms";

/** What stands for the hypervisor's id in the resource of a new operation. */
export function resourceOf(kind: 'cens' | 'containers', name: string): string {
  return `hypervisors/:hypervisor/${kind}/${name}`;
}
