import { now } from '../../schema/database/database.ts';
import { memoize } from '../../schema/database/memoize.ts';

/* SQL that records the operation of a batch, and refers to it afterwards by `:operation`, its id. */

/** How long an operation may take, retries included, before it fails for good. */
export const DEADLINE_MS = 600_000;

/** Inserts the operation, given the SQL of its target. `status` and `resource` are SQL over `x.hypervisor`. */
export function insertOperation(status: string, resource: string): (target: string) => string {
  return memoize(
    (target) => `
  WITH t AS MATERIALIZED (SELECT ${target} AS hypervisor)
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms,
    attempt, done, total, principal, created_ms, finished_ms, result)
  SELECT :operation, y.hypervisor, :kind, y.resource, :request, 0, y.status, y.now, y.now + ${DEADLINE_MS},
    0, CASE y.status WHEN 'succeeded' THEN :total ELSE 0 END, :total, :principal, y.now,
    CASE y.status WHEN 'succeeded' THEN y.now END, :result
  FROM (SELECT x.hypervisor, ${now} AS now, ${status} AS status, ${resource} AS resource FROM t x) y
  RETURNING id, status, hypervisor, resource, error, result,
    (SELECT ${now} - h.last_seen_ms FROM hypervisors h WHERE h.id = operations.hypervisor) AS silent_ms`,
  );
}

/** The hypervisor of the operation; NULL if its target has none. */
export const hypervisor = '(SELECT hypervisor FROM operations WHERE id = :operation)';

/** The sequence of the operation. */
export const operationSequence = '(SELECT sequence FROM operations WHERE id = :operation)';

/** The operation changes its resource, unless it has already succeeded. */
export const ownSubject = "SELECT resource, sequence FROM operations WHERE id = :operation AND status = 'pending'";

export function insertSubjects(select: string): string {
  return `INSERT INTO operation_subjects (subject, sequence) ${select}`;
}

/** Columns and values of a part: the parent is `p`; `row` is the alias of its resource. */
export const partColumns =
  'parent, hypervisor, generation, status, not_before_ms, deadline_ms, attempt, done, principal, created_ms';

export function partValues(row: string): string {
  return `p.sequence, ${row}.hypervisor, 0, 'pending', p.not_before_ms, p.deadline_ms, 0, 0, p.principal, p.created_ms`;
}
