import { now, type Statement, statement } from '../../schema/database/database.ts';
import { memoize } from '../../schema/database/memoize.ts';
import { alive } from '../../schema/statements/alive.ts';
import { has } from '../../schema/statements/technologies.ts';
import type { Constraint, Guard } from './guard.ts';
import type { AcceptedOperation } from './operation.ts';
import type { Target } from './targets/target.ts';

/** A write of the API, ready to be recorded: one batch, one round trip. */
export interface Intent {
  /** Id of the operation that the caller waits for. */
  readonly operation: string;
  /** Guards, resource rows, the operation and its parts, their subjects; in the order they run. */
  readonly statements: readonly (Statement | Guard)[];
  /** The constraints that it may violate without a fault of ours. */
  readonly constraints?: readonly Constraint[];
  /** Statements after its own change the operation, or make parts of it. */
  readonly amended?: true;
  /** It may change thousands of rows, however little the request says. */
  readonly isLarge?: boolean;
}

/** How long an operation may take, retries included, before it fails for good. */
const DEADLINE_MS = 600_000;

export interface NewOperation {
  readonly operation: string;
  readonly kind: string;
  readonly on: Target;
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
  memoize(
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
    CASE WHEN (SELECT ${alive('h')} AND ${has('h', 'netns')} FROM hypervisors h WHERE h.id = c.hypervisor)
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
