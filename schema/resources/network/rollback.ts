import { type Statement, statement } from '../../database/database.ts';
import type { Arguments } from '../../statements/ending.ts';

/*
 * Writes to containers, CENs and memberships by both the executor and the API. A subject is
 * `hypervisors/<UUID>/<kind>/<name>`.
 */

/** Positions of the parts of a subject, counted from 1 as in SQL; a UUID has 36 characters. */
const HYPERVISOR_AT = 'hypervisors/'.length + 1;
const KIND_AT = HYPERVISOR_AT + 36;
const CEN_AT = KIND_AT + '/cens/'.length;
const CONTAINER_AT = KIND_AT + '/containers/'.length;

export function networkSubject(hypervisor: string, kind: 'cens' | 'containers', name: string): string {
  return `hypervisors/${hypervisor}/${kind}/${name}`;
}

/** Over `n`, a row of cens, and `c`, one of containers. */
export const cenSubject = "'hypervisors/' || n.hypervisor || '/cens/' || n.name";
export const containerSubject = "'hypervisors/' || c.hypervisor || '/containers/' || c.name";

/** Deletes memberships and frees their names; `which` selects them over `m`. */
export function freeMembers(which: string): string[] {
  return [
    `DELETE FROM host_names WHERE owner IN (SELECT 'members/' || m.id FROM members m WHERE ${which})`,
    `DELETE FROM members WHERE id IN (SELECT m.id FROM members m WHERE ${which})`,
  ];
}

/** Purges the CENs that `which` selects over `n`, with their memberships and names. */
export function purgeCens(which: string): string[] {
  return [
    ...freeMembers(`m.cen IN (SELECT n.id FROM cens n WHERE ${which})`),
    `DELETE FROM host_names WHERE owner IN (SELECT n.id FROM cens n WHERE ${which})`,
    `DELETE FROM cens WHERE id IN (SELECT n.id FROM cens n WHERE ${which})`,
  ];
}

/** Purges the containers that `which` selects over `c`, with their memberships, names and reservations. */
export function purgeContainers(which: string): string[] {
  return [
    ...freeMembers(`m.container IN (SELECT c.id FROM containers c WHERE ${which})`),
    `DELETE FROM host_names WHERE owner IN (SELECT c.id FROM containers c WHERE ${which})`,
    `DELETE FROM reservations WHERE owner IN (SELECT ${containerSubject} FROM containers c WHERE ${which})`,
    `DELETE FROM containers WHERE id IN (SELECT c.id FROM containers c WHERE ${which})`,
  ];
}

/**
 * Rolls back the desired state of operations that did not succeed: their memberships, and the attributes of their
 * resource. If another unfinished operation determines an attribute, that one applies; else the last that succeeded.
 * `which` is SQL for the sequences; to be run while the operations still have their subjects.
 */
export function rollbackNetworks(which: string, args: Arguments): Statement<never>[] {
  return [
    ...freeMembers(`m.added IN (${which})`),
    // If a later operation adds the membership again, that one now removes the old one.
    `UPDATE members AS m SET removed = (
       SELECT min(x.added) FROM members x WHERE x.container = m.container AND x.cen = m.cen AND x.added > m.removed)
     WHERE removed IN (${which})`,
    rollbackMade(which),
    rollbackSpec(which),
    rollbackReservations(which),
    ...['cen', 'container'].map((kind) => rollbackDeletion(kind, which)),
    // Resources that these operations created, and on which no operation succeeded, are deleted.
    ...purgeCens(`n.applied_spec IS NULL AND n.id IN (${censOf(which)}) AND NOT EXISTS (${others(cenSubject, which)})`),
    ...purgeContainers(
      `c.applied_spec IS NULL AND c.id IN (${containersOf(which)}) AND NOT EXISTS (${others(containerSubject, which)})`,
    ),
  ].map((sql) => statement(sql, args));
}

/** The CENs among the subjects of the operations. */
function censOf(which: string): string {
  return `SELECT x.id FROM operation_subjects s
    CROSS JOIN cens x ON x.hypervisor = substr(s.subject, ${HYPERVISOR_AT}, 36) AND x.name = substr(s.subject, ${CEN_AT})
    WHERE s.sequence IN (${which}) AND substr(s.subject, ${KIND_AT}, 6) = '/cens/'`;
}

function containersOf(which: string): string {
  return `SELECT x.id FROM operation_subjects s
    CROSS JOIN containers x ON x.hypervisor = substr(s.subject, ${HYPERVISOR_AT}, 36) AND x.name = substr(s.subject, ${CONTAINER_AT})
    WHERE s.sequence IN (${which}) AND substr(s.subject, ${KIND_AT}, 12) = '/containers/'`;
}

/** The resources of a table that are the own resource of one of these operations, of these kinds. */
function decided(table: 'cens' | 'containers', which: string, kinds: string): string {
  return `SELECT x.id FROM operations o
    CROSS JOIN ${table} x ON x.hypervisor = o.hypervisor AND x.name = substr(o.resource, ${table === 'cens' ? CEN_AT : CONTAINER_AT})
    WHERE o.sequence IN (${which}) AND o.kind IN (${kinds})`;
}

/** All other unfinished operations with this subject. */
function others(subject: string, which: string): string {
  return `SELECT 1 FROM operation_subjects s WHERE s.subject = ${subject} AND s.sequence NOT IN (${which})`;
}

/** All other unfinished operations of these kinds whose resource is the subject itself, the last first. */
function otherKinds(subject: string, which: string, kinds: string): string {
  return `SELECT o.kind FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${subject} AND o.resource = s.subject AND o.kind IN (${kinds}) AND s.sequence NOT IN (${which})
    ORDER BY s.sequence DESC`;
}

const deciding = "'cen.make', 'cen.destroy', 'cen.delete'";

function rollbackMade(which: string): string {
  return `
    UPDATE cens AS n SET spec = json_set(spec, '$.made', json(
      CASE (${otherKinds(cenSubject, which, deciding)} LIMIT 1) WHEN 'cen.make' THEN 'true' WHEN 'cen.destroy' THEN 'false' WHEN 'cen.delete' THEN 'false'
        ELSE CASE WHEN applied_spec ->> '$.made' THEN 'true' ELSE 'false' END END))
    WHERE id IN (${decided('cens', which, deciding)})`;
}

function rollbackSpec(which: string): string {
  return `
    UPDATE containers AS c
    SET spec = json_remove(json_insert(applied_spec, '$.explicit', json('false'), '$.tag', NULL), '$.namespace')
    WHERE applied_spec IS NOT NULL AND id IN (${decided('containers', which, "'container.create'")})
      AND NOT EXISTS (${otherKinds(containerSubject, which, "'container.create'")})`;
}

function rollbackReservations(which: string): string {
  return `
    UPDATE reservations SET memory = coalesce(c.spec ->> '$.memory', 0), cpu = coalesce(c.spec ->> '$.vcpus', 0)
    FROM containers c
    WHERE reservations.owner = ${containerSubject} AND c.id IN (${decided('containers', which, "'container.create'")})`;
}

function rollbackDeletion(kind: string, which: string): string {
  const [table, row, subject] =
    kind === 'cen' ? (['cens', 'n', cenSubject] as const) : (['containers', 'c', containerSubject] as const);
  return `
    UPDATE ${table} AS ${row} SET desired = 'present'
    WHERE desired = 'absent' AND id IN (${decided(table, which, `'${kind}.delete'`)})
      AND NOT EXISTS (${otherKinds(subject, which, `'${kind}.delete'`)})`;
}
