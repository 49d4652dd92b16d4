import type { OperationBody } from '../../schema/api/operations.ts';
import { type Database, now, type Statement, statement } from '../../schema/database/database.ts';
import { Problem, type ProblemDetails } from '../../schema/problem.ts';
import type { operations } from '../../schema/tables/kernel.ts';
import type { RowOf } from '../../schema/tables/row.ts';
import { waitingFor } from './waiting.ts';

const own = [
  ...(['id', 'sequence', 'hypervisor', 'kind', 'resource', 'request', 'status', 'step', 'attempt', 'error'] as const),
  ...(['principal', 'created_ms', 'started_ms', 'finished_ms', 'cancel_ms'] as const),
] satisfies readonly (keyof RowOf<typeof operations>)[];

/** An operation as its queries return it. */
export interface OperationRow extends Pick<RowOf<typeof operations>, (typeof own)[number] | 'result'> {
  readonly parent_id: string | null;
  readonly hypervisor_name: string | null;
  /** Milliseconds since the last heartbeat of its hypervisor's executor; null: there was none. */
  readonly silent_ms: number | null;
  /** Of its hypervisor, as JSON, while the operation is pending. */
  readonly capabilities: string | null;
  readonly subjects: string;
  readonly items: string | null;
  readonly total_done: number;
  readonly total_all: number;
}

/** `source` yields rows of operations; `result` is SQL for what is answered of their results. */
export function selectFrom(source: string, result = 'o.result'): string {
  return `
    SELECT ${own.map((column) => `o.${column}`).join(', ')}, ${result} AS result,
      p.id AS parent_id, h.name AS hypervisor_name, ${now} - h.last_seen_ms AS silent_ms,
      CASE o.status WHEN 'pending' THEN h.capabilities END AS capabilities,
      CASE WHEN o.resource IS NOT NULL THEN json_array(o.resource)
        ELSE (SELECT json_group_array(c.resource) FROM operations c WHERE c.parent = o.sequence) END AS subjects,
      coalesce((SELECT sum(c.done) FROM operations c WHERE c.parent = o.sequence), o.done) AS total_done,
      coalesce((SELECT sum(c.total) FROM operations c WHERE c.parent = o.sequence), o.total) AS total_all,
      (SELECT json_group_array(json_object('id', c.resource, 'status', c.status, 'error', json(c.error)))
        FROM operations c WHERE c.parent = o.sequence) AS items
    FROM ${source} o
    LEFT JOIN operations p ON p.sequence = o.parent
    LEFT JOIN hypervisors h ON h.id = o.hypervisor`;
}

const selectOne = selectFrom('(SELECT * FROM operations WHERE id = :operation)');

export function selectOperation(operation: string): Statement<OperationRow> {
  return statement<OperationRow>(selectOne, { operation });
}

/** The columns of an operation that are needed to wait for its end, and to report how it ended. */
export interface AcceptedOperation extends Pick<OperationRow, 'id' | 'status' | 'silent_ms' | 'error' | 'result'> {
  /** Id of the hypervisor that it is on. */
  readonly hypervisor: string | null;
  readonly resource: string | null;
}

/** Whether an operation was read with all its columns. */
export function isWhole(operation: AcceptedOperation | OperationRow): operation is OperationRow {
  return 'request' in operation;
}

const selectOneAccepted = `
  SELECT o.id, o.status, o.hypervisor, o.resource, ${now} - h.last_seen_ms AS silent_ms, o.error, o.result FROM operations o LEFT JOIN hypervisors h ON h.id = o.hypervisor
  WHERE o.id = :operation`;

export function selectAccepted(operation: string): Statement<AcceptedOperation> {
  return statement<AcceptedOperation>(selectOneAccepted, { operation });
}

/** The current state of the operation; undefined: it does not exist. */
export async function readOperation(database: Database, operation: string): Promise<OperationRow | undefined> {
  const [rows] = await database.read([selectOperation(operation)]);
  return rows[0];
}

/** Throws a 404. */
export async function existingOperation(database: Database, operation: string): Promise<OperationRow> {
  const row = await readOperation(database, operation);
  if (row === undefined) throw new Problem('not_found', `Operation ${operation} not found`);
  return row;
}

const selectRecorded = `
  SELECT o.id, o.status, o.hypervisor, o.resource, ${now} - h.last_seen_ms AS silent_ms, o.error, o.result, o.key_hash
  FROM operations o LEFT JOIN hypervisors h ON h.id = o.hypervisor`;

/** An operation, and the request that its key was used for. */
export interface RecordedOperation extends AcceptedOperation {
  readonly key_hash: string | null;
}

/** The operation that already has a key. */
export function selectByKey(scope: string, key: string): Statement<RecordedOperation> {
  return statement<RecordedOperation>(`${selectRecorded} WHERE o.key_scope = :scope AND o.key = :key`, { scope, key });
}

export function isFinished(row: Pick<OperationRow, 'status'>): boolean {
  return row.status !== 'pending' && row.status !== 'running';
}

export function operationBody(row: OperationRow): OperationBody {
  const items = itemsOf(row);
  const waiting = waitingFor(row);
  return {
    id: row.id,
    sequence: row.sequence,
    parent: row.parent_id,
    hypervisor: row.hypervisor_name,
    kind: row.kind,
    subjects: JSON.parse(row.subjects),
    request: JSON.parse(row.request),
    status: row.status,
    progress: { done: row.total_done, total: row.total_all, step: row.step },
    attempt: row.attempt,
    ...(row.cancel_ms !== null && !isFinished(row) ? { cancelling: true } : {}),
    ...(waiting === undefined ? {} : { waiting }),
    result: items.length > 0 && isFinished(row) ? { items } : row.result === null ? null : JSON.parse(row.result),
    error: row.error === null ? null : JSON.parse(row.error),
    principal: row.principal,
    created: timestamp(row.created_ms),
    started: row.started_ms === null ? null : timestamp(row.started_ms),
    finished: row.finished_ms === null ? null : timestamp(row.finished_ms),
  };
}

interface Item {
  id: string;
  status: OperationRow['status'];
  error?: ProblemDetails;
}

/** The parts of a list, by their own ids: the last segment of the subject. */
function itemsOf(row: OperationRow): Item[] {
  const parts: { id: string; status: OperationRow['status']; error: ProblemDetails | null }[] = JSON.parse(
    row.items ?? '[]',
  );
  return parts.map(({ id, status, error }) => ({
    id: id.slice(id.lastIndexOf('/') + 1),
    status,
    ...(error === null ? {} : { error }),
  }));
}

export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
