import { v7 } from 'uuid';
import { now, type Statement, statement } from '../database/database.ts';
import { failuresInARow, pauseAfter } from '../resources/failures.ts';
import type { Registration } from './registration.ts';

const REPAIR_DEADLINE_MS = 600_000;

/** The maximum of repairs of one resource within a minute: if they are undone as often, repairs wait. */
const REPAIRS_A_MINUTE = 10;

const failures = failuresInARow("r.value ->> 'subject'");

const lastFailure = `(
  SELECT f.finished_ms FROM operations f
  WHERE f.resource = r.value ->> 'subject' AND f.principal = 'executor' AND +f.status = 'failed' ORDER BY f.sequence DESC LIMIT 1)`;

const recent = `(
  SELECT count(*) FROM operations f
  WHERE f.resource = r.value ->> 'subject' AND f.principal = 'executor' AND f.created_ms > ${now} - 60000)`;

/**
 * The repairs of the list that may be filed now: no operation is changing the resource, none was filed since its row
 * was read and has ended (a scan takes time, and the batch may be executed late), and the resource is not at a pause.
 */
const due = `
  FROM json_each(:repairs) r
  WHERE NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = r.value ->> 'subject')
    AND NOT EXISTS (
      SELECT 1 FROM operations n WHERE n.resource = r.value ->> 'subject' AND n.sequence > r.value ->> 'since')
    AND (:asked OR (${recent} < ${REPAIRS_A_MINUTE} AND (${failures} = 0
      OR ${lastFailure} + ${pauseAfter(failures)} <= ${now})))`;

const columns = `id, parent, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt,
  done, total, principal, created_ms`;

/** Several repairs become one operation with a part for each. */
const insertParent = `
  INSERT INTO operations (${columns})
  SELECT :parent, NULL, :hypervisor, 'hypervisor.repair', NULL, '{}', 0, 'pending', ${now}, ${now} + ${REPAIR_DEADLINE_MS}, 0,
    0, 1, 'executor', ${now}
  WHERE (SELECT count(*) ${due}) > 1`;

const insertRepairs = `
  INSERT INTO operations (${columns})
  SELECT r.value ->> 'operation', (SELECT sequence FROM operations WHERE id = :parent), :hypervisor, r.value ->> 'kind', r.value ->> 'subject',
    '{}', r.value ->> 'generation', 'pending', ${now}, ${now} + ${REPAIR_DEADLINE_MS}, 0, 0, 1, 'executor', ${now}
  ${due} ORDER BY r.key`;

const insertSubjects = `
  INSERT OR IGNORE INTO operation_subjects (subject, sequence)
  SELECT j.value, o.sequence
  FROM json_each(:repairs) r CROSS JOIN operations o ON o.id = r.value ->> 'operation' CROSS JOIN json_each(r.value, '$.subjects') j`;

/** Inserts nothing if the previous statement inserted no subject: then the batch was executed before. */
const insertEvents = `
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT created_ms, hypervisor, 'operation.accepted', coalesce(resource, 'operations/' || id), json_object('operation', id, 'kind', kind)
  FROM operations
  WHERE changes() > 0
    AND (id IN (SELECT r.value ->> 'operation' FROM json_each(:repairs) r) OR (id = :parent AND kind = 'hypervisor.repair'))
  ORDER BY sequence`;

const selectFiled = `
  SELECT o.resource AS subject FROM json_each(:repairs) r CROSS JOIN operations o ON o.id = r.value ->> 'operation'
  ORDER BY o.sequence`;

/** A repair that the comparison with the host requires. */
export interface Repair {
  readonly subject: string;
  /** The kind of its operation. */
  readonly repairKind: string;
  readonly generation: number;
  /** The sequence of the last operation when the resource's rows were read. */
  readonly since: number;
  /** The subjects of its operation. */
  readonly subjects: readonly string[];
}

export interface RepairRequest {
  readonly repairs: readonly Repair[];
  /**
   * Id of the operation that requested the repairs and ends with them; null: the executor detected the differences
   * itself.
   */
  readonly asked: string | null;
}

/**
 * The statements that file those of the repairs that are due: at most one unfinished repair for a resource, which waits
 * for other operations on its other subjects. A repair on request does not wait for the end of a pause.
 */
export function fileRepairs(
  { hypervisor }: Registration,
  { repairs, asked }: RepairRequest,
): { readonly statements: Statement<never>[]; readonly selectFiled: Statement<{ subject: string }> } {
  const args = {
    hypervisor,
    parent: asked ?? v7(),
    asked: asked === null ? 0 : 1,
    repairs: JSON.stringify(
      repairs.map(({ subject, repairKind, generation, since, subjects }) => ({
        operation: v7(),
        subject,
        kind: repairKind,
        generation,
        since,
        subjects,
      })),
    ),
  };
  const script = [...(asked === null ? [insertParent] : []), insertRepairs, insertSubjects, insertEvents];
  return {
    statements: script.map((sql) => statement(sql, args)),
    selectFiled: statement<{ subject: string }>(selectFiled, args),
  };
}
