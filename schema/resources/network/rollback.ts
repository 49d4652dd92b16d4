import { type Statement, statement } from '../../database/database.ts';
import type { Arguments } from '../../statements/ending.ts';
import { poolKinds, poolNumber, SCALE_POOL, sizeAfter, specOf } from './pools.ts';
import { processActions } from './process.ts';
import { pooledProcessSql, withProcess } from './process-sql.ts';

/*
 * Writes to containers, CENs, CINs, pools and memberships by both the executor and the API. A subject is
 * `hypervisors/<UUID>/<kind>/<name>`.
 */

/** Positions of the parts of a subject, counted from 1 as in SQL; a UUID has 36 characters. */
const HYPERVISOR_AT = 'hypervisors/'.length + 1;
const KIND_AT = HYPERVISOR_AT + 36;
const CEN_AT = KIND_AT + '/cens/'.length;
const CIN_AT = KIND_AT + '/cins/'.length;
const CONTAINER_AT = KIND_AT + '/containers/'.length;
const POOL_AT = KIND_AT + '/cpools/'.length;

export function networkSubject(hypervisor: string, kind: 'cens' | 'cins' | 'containers', name: string): string {
  return `hypervisors/${hypervisor}/${kind}/${name}`;
}

/** Over `n`, a row of cens, `c`, one of containers, `i`, one of cins, and `k`, one of cpools. */
export const cenSubject = "'hypervisors/' || n.hypervisor || '/cens/' || n.name";
export const containerSubject = "'hypervisors/' || c.hypervisor || '/containers/' || c.name";
export const cinSubject = "'hypervisors/' || i.hypervisor || '/cins/' || i.name";
export const poolSubject = "'hypervisors/' || k.hypervisor || '/cpools/' || k.name";

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

/** Purges the CINs that `which` selects over `i`; their CENs and addresses go with them. */
export function purgeCins(which: string): string[] {
  return [
    `DELETE FROM host_names WHERE owner IN (
       SELECT 'cin_cens/' || x.id FROM cins i CROSS JOIN cin_cens x ON x.cin = i.id WHERE ${which})`,
    `DELETE FROM cins WHERE id IN (SELECT i.id FROM cins i WHERE ${which})`,
  ];
}

/** Takes CENs out of CINs; `which` selects them over `x`. */
export function freeCinCens(which: string): string[] {
  return [
    `DELETE FROM host_names WHERE owner IN (SELECT 'cin_cens/' || x.id FROM cin_cens x WHERE ${which})`,
    `DELETE FROM cin_cens WHERE id IN (SELECT x.id FROM cin_cens x WHERE ${which})`,
  ];
}

/**
 * Rolls back the desired state of operations that did not succeed: their memberships, and the attributes of their
 * resource. If another unfinished operation determines an attribute, that one applies; else the last that succeeded.
 * `which` is SQL for the sequences; to be run while the operations still have their subjects.
 */
export function rollbackNetworks(which: string, args: Arguments): Statement<never>[] {
  return [
    ...handOver(which),
    ...freeMembers(`m.added IN (${which})`),
    // If a later operation adds the membership again, that one now removes the old one.
    `UPDATE members AS m SET removed = (
       SELECT min(x.added) FROM members x WHERE x.container = m.container AND x.cen = m.cen AND x.added > m.removed)
     WHERE removed IN (${which})`,
    ...freeCinCens(`x.added IN (${which})`),
    // The same for a CEN that a later operation adds to a CIN.
    `UPDATE cin_cens AS x SET removed = (SELECT min(y.added) FROM cin_cens y WHERE y.cen = x.cen AND y.added > x.removed)
     WHERE removed IN (${which})`,
    rollbackMade('cen', which),
    rollbackMade('cin', which),
    ...rollbackSpec(which),
    rollbackReservations(which),
    ...(['cen', 'cin', 'container'] as const).map((kind) => rollbackDeletion(kind, which)),
    ...rollbackPools(which),
    // Resources that these operations created, and on which no operation succeeded, are deleted.
    ...purgeCens(`n.applied_spec IS NULL AND n.id IN (${censOf(which)}) AND NOT EXISTS (${others(cenSubject, which)})`),
    ...purgeContainers(
      `c.applied_spec IS NULL AND c.id IN (${containersOf(which)}) AND NOT EXISTS (${others(containerSubject, which)})`,
    ),
    ...purgeCins(`i.applied_spec IS NULL AND i.id IN (${cinsOf(which)}) AND NOT EXISTS (${others(cinSubject, which)})`),
    ...purgeContainers(
      `NOT coalesce(c.applied_spec ->> '$.namespace', 0) AND c.id IN (${poolContainers(which)}) AND NOT EXISTS (${others(containerSubject, which)})`,
    ),
    `DELETE FROM cpools AS k WHERE k.applied_spec IS NULL AND k.id IN (${decided('cpool', which, poolKinds)})
       AND NOT EXISTS (${others(poolSubject, which)})`,
  ].map((sql) => statement(sql, args));
}

/** The CENs among the subjects of the operations. */
function censOf(which: string): string {
  return `SELECT x.id FROM operation_subjects s
    CROSS JOIN cens x ON x.hypervisor = substr(s.subject, ${HYPERVISOR_AT}, 36) AND x.name = substr(s.subject, ${CEN_AT})
    WHERE s.sequence IN (${which}) AND substr(s.subject, ${KIND_AT}, 6) = '/cens/'`;
}

function cinsOf(which: string): string {
  return `SELECT x.id FROM operation_subjects s
    CROSS JOIN cins x ON x.hypervisor = substr(s.subject, ${HYPERVISOR_AT}, 36) AND x.name = substr(s.subject, ${CIN_AT})
    WHERE s.sequence IN (${which}) AND substr(s.subject, ${KIND_AT}, 6) = '/cins/'`;
}

function containersOf(which: string): string {
  return `SELECT x.id FROM operation_subjects s
    CROSS JOIN containers x ON x.hypervisor = substr(s.subject, ${HYPERVISOR_AT}, 36) AND x.name = substr(s.subject, ${CONTAINER_AT})
    WHERE s.sequence IN (${which}) AND substr(s.subject, ${KIND_AT}, 12) = '/containers/'`;
}

/** What a kind of resource is called in SQL. */
const own = {
  cen: { table: 'cens', row: 'n', subject: cenSubject, nameAt: CEN_AT },
  cin: { table: 'cins', row: 'i', subject: cinSubject, nameAt: CIN_AT },
  container: { table: 'containers', row: 'c', subject: containerSubject, nameAt: CONTAINER_AT },
  cpool: { table: 'cpools', row: 'k', subject: poolSubject, nameAt: POOL_AT },
} as const;

/** The resources of a kind that are the own resource of one of these operations, of these kinds. */
function decided(resource: keyof typeof own, which: string, kinds: string): string {
  const { table, nameAt } = own[resource];
  return `SELECT x.id FROM operations o
    CROSS JOIN ${table} x ON x.hypervisor = o.hypervisor AND x.name = substr(o.resource, ${nameAt})
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

/** Whether a CEN or a CIN is to be made: as the last unfinished operation says, else as it is. */
function rollbackMade(resource: 'cen' | 'cin', which: string): string {
  const { table, row, subject } = own[resource];
  const deciding = `'${resource}.make', '${resource}.destroy', '${resource}.delete'`;
  return `
    UPDATE ${table} AS ${row} SET spec = json_set(spec, '$.made', json(
      CASE (${otherKinds(subject, which, deciding)} LIMIT 1)
        WHEN '${resource}.make' THEN 'true' WHEN '${resource}.destroy' THEN 'false' WHEN '${resource}.delete' THEN 'false'
        ELSE CASE WHEN applied_spec ->> '$.made' THEN 'true' ELSE 'false' END END))
    WHERE id IN (${decided(resource, which, deciding)})`;
}

/** The operations that change the spec of their container. */
const specKinds = ['create', ...processActions].map((verb) => `'container.${verb}'`).join(', ');

/** Members of a container's spec, as JSON; in a patch, those that are NULL are removed. */
export function attributesObject(value: (attribute: string) => string): string {
  return `json_object(${['tag', 'memory', 'vcpus'].map((each) => `'${each}', ${value(each)}`).join(', ')})`;
}

/** The attributes are as the last unfinished request for each says, else as they are. */
function rollbackSpec(which: string): string[] {
  const last = (attribute: string) => `
    CASE WHEN EXISTS (${otherRequests(attribute, which)}) THEN (${otherRequests(attribute, which)})
      ELSE c.applied_spec ->> '$.${attribute}' END`;
  return [
    `UPDATE containers AS c
     SET spec = json_remove(json_insert(applied_spec, '$.explicit', json('false'), '$.tag', NULL), '$.namespace')
     WHERE applied_spec IS NOT NULL AND id IN (${decided('container', which, specKinds)})
       AND NOT EXISTS (${otherKinds(containerSubject, which, specKinds)})`,
    `UPDATE containers AS c SET spec = json_patch(spec, ${attributesObject(last)})
     WHERE id IN (${decided('container', which, "'container.create'")})
       AND EXISTS (${otherKinds(containerSubject, which, specKinds)})`,
  ];
}

/** What other unfinished requests for the container `c` give as one of its attributes, the last first. */
function otherRequests(attribute: string, which: string): string {
  return `SELECT o.request ->> '$.${attribute}' FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${containerSubject} AND o.resource = s.subject AND o.kind = 'container.create'
      AND json_type(o.request, '$.${attribute}') IS NOT NULL AND s.sequence NOT IN (${which})
    ORDER BY s.sequence DESC LIMIT 1`;
}

function rollbackReservations(which: string): string {
  return `
    UPDATE reservations SET memory = coalesce(c.spec ->> '$.memory', 0), cpu = coalesce(c.spec ->> '$.vcpus', 0)
    FROM containers c
    WHERE reservations.owner = ${containerSubject} AND c.id IN (${decided('container', which, "'container.create'")})`;
}

function rollbackDeletion(resource: keyof typeof own, which: string): string {
  const { table, row, subject } = own[resource];
  return `
    UPDATE ${table} AS ${row} SET desired = 'present'
    WHERE desired = 'absent' AND id IN (${decided(resource, which, `'${resource}.delete'`)})
      AND NOT EXISTS (${otherKinds(subject, which, `'${resource}.delete'`)})`;
}

/** The containers of pools among the subjects of those operations that scale or delete pools. */
export function poolContainers(which: string): string {
  return `SELECT x.id FROM operations o
    CROSS JOIN operation_subjects s ON s.sequence = o.sequence AND substr(s.subject, ${KIND_AT}, 12) = '/containers/'
    CROSS JOIN containers x ON x.hypervisor = o.hypervisor AND x.name = substr(s.subject, ${CONTAINER_AT}) AND x.pool IS NOT NULL
    WHERE o.sequence IN (${which}) AND o.kind IN (${poolKinds})`;
}

/** Follows SELECT: all other unfinished operations `o` on pools that have the container `c` as a subject. */
function otherPoolOperations(which: string): string {
  return `FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${containerSubject} AND o.kind IN (${poolKinds}) AND s.sequence NOT IN (${which})`;
}

/** What an operation on a pool says of the membership `m` of the container `c` of the pool `k`. */
const keepsMember = `(${poolNumber} <= ${sizeAfter} AND m.cen IN (SELECT value FROM json_each(o.request, '$.cens')))`;

/**
 * A pool was scaled again before these operations ended: what they have added and the next operation counts on, or what
 * they have removed and the next would remove, too, is that operation's from now on.
 */
function handOver(which: string): string[] {
  const member = (column: 'added' | 'removed', isWanted: string) => `
    WITH given AS MATERIALIZED (
      SELECT m.id, (SELECT min(o.sequence) ${otherPoolOperations(which)} AND o.sequence > m.${column} AND ${isWanted}) AS heir
      FROM members m
      CROSS JOIN containers c ON c.id = m.container
      CROSS JOIN cpools k ON k.id = c.pool
      WHERE m.${column} IN (${which})
        AND NOT EXISTS (SELECT 1 FROM members x WHERE x.container = m.container AND x.cen = m.cen AND x.added > m.${column})
    )
    UPDATE members SET ${column} = given.heir FROM given WHERE members.id = given.id AND given.heir IS NOT NULL`;
  return [
    member('added', `m.removed IS NULL AND ${keepsMember}`),
    member('removed', `NOT ${keepsMember}`),
    `WITH given AS MATERIALIZED (
       SELECT x.id, (
         SELECT min(o.sequence) FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
         WHERE s.subject = ${cinSubject} AND o.kind = '${SCALE_POOL}' AND o.sequence NOT IN (${which})) AS heir
       FROM cin_cens x CROSS JOIN cins i ON i.id = x.cin AND i.applied_spec IS NULL WHERE x.added IN (${which})
     )
     UPDATE cin_cens SET added = given.heir FROM given WHERE cin_cens.id = given.id AND given.heir IS NOT NULL`,
  ];
}

/** Pools and their containers: as the last other unfinished operation says, else as they are. */
function rollbackPools(which: string): string[] {
  const last = (expression: string) =>
    `(SELECT ${expression} ${otherPoolOperations(which)} ORDER BY s.sequence DESC LIMIT 1)`;
  const isLeaving = `EXISTS (${otherKinds(containerSubject, which, "'container.delete'")})`;
  return [
    `WITH found AS MATERIALIZED (
       SELECT c.id, ${last(`CASE WHEN ${poolNumber} <= ${sizeAfter} THEN 'present' ELSE 'absent' END`)} AS said,
         CASE WHEN ${isLeaving} THEN 'absent' ELSE 'present' END AS otherwise,
         ${last("coalesce(o.request ->> '$.default_route', '')")} AS route,
         ${last("coalesce(o.request ->> '$.type', 'netns')")} AS type
       FROM containers c CROSS JOIN cpools k ON k.id = c.pool WHERE c.id IN (${poolContainers(which)})
     )
     UPDATE containers SET desired = coalesce(found.said, found.otherwise),
       spec = ${withProcess(
         "json_set(spec, '$.default_route', nullif(coalesce(found.route, applied_spec ->> '$.default_route'), ''))",
         `(CASE WHEN found.type IS NULL THEN applied_spec -> '$.process' ELSE ${pooledProcessSql("applied_spec -> '$.process'", 'found.type')} END)`,
       )}
     FROM found WHERE containers.id = found.id`,
    `UPDATE cpools AS k SET
       spec = coalesce(
         (SELECT ${specOf('o.request')} FROM operations o WHERE o.sequence = (
           SELECT max(s.sequence) FROM operation_subjects s CROSS JOIN operations x ON x.sequence = s.sequence
           WHERE s.subject = ${poolSubject} AND x.kind = '${SCALE_POOL}' AND s.sequence NOT IN (${which}))),
         applied_spec, spec),
       desired = CASE (${otherKinds(poolSubject, which, poolKinds)} LIMIT 1)
         WHEN 'cpool.delete' THEN 'absent' ELSE 'present' END
     WHERE id IN (${decided('cpool', which, poolKinds)})`,
  ];
}
