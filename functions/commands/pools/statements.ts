import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import { now } from '../../../schema/database/database.ts';
import { poolNumber, sizeAfter, specOf } from '../../../schema/resources/network/pools.ts';
import { pooledProcessSql, withProcess } from '../../../schema/resources/network/process-sql.ts';
import { cenSubject, cinSubject, containerSubject, poolSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor, operationSequence, partColumns, partValues } from '../../operations/operation-statements.ts';
import { addRequested } from '../networks/member-statements.ts';
import { cenOf, cinOf, newCens } from './networks.ts';

/*
 * Pools and their containers, over `poolArguments`: one statement for all containers of all pools. What an UPDATE reads
 * is materialized, as in the statements on members.
 */

/** Containers that a pool is to have, and that are not its own. */
export const foreignContainers = (on: string) => `
  SELECT c.name FROM json_each(:pools) j CROSS JOIN json_each(j.value -> 'containers') e
  CROSS JOIN containers c ON c.hypervisor = ${on} AND c.name = e.value ->> 'name'
  WHERE coalesce(c.pool <> (SELECT k.id FROM cpools k WHERE k.hypervisor = ${on} AND k.name = j.value ->> 'name'), true)`;

/** A row that is to be deleted and is requested again stays. */
export const declarePools = `
  INSERT INTO cpools (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms)
  SELECT j.value ->> 'id', ${hypervisor}, j.value ->> 'name', '{}', NULL, 1, 'present', 'pending', ${now}, ${now}
  FROM json_each(:pools) j WHERE true ORDER BY j.key
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', generation = generation + 1`;

/** The CENs of a pool `j`, each once, in the order of its entries. */
const censOfPool = `(
  SELECT json_group_array(cen) FROM (
    SELECT r.cen FROM (SELECT e.key, ${cenOf("e.value ->> 'cinID'")} AS cen FROM json_each(j.value -> 'cins') e) r
    GROUP BY r.cen ORDER BY min(r.key)))`;

const defaultRouteOfPool = `(
  SELECT ${cinOf("e.value ->> 'cinID'")} FROM json_each(j.value -> 'cins') e WHERE e.value ->> 'default_route' = 'true' LIMIT 1)`;

const madeForPool = `(
  SELECT json_group_array(name) FROM (
    SELECT n.name FROM json_each(j.value -> 'cins') e CROSS JOIN ${newCens} ORDER BY e.key))`;

/** A part for each pool, whose request has all that it changes. */
export const insertPoolParts = `
  INSERT INTO operations (id, kind, resource, request, total, ${partColumns})
  SELECT j.value ->> 'part', p.kind, ${poolSubject},
    json_object('cpoolID', k.name, 'type', j.value ->> 'type', 'start_with', j.value ->> 'start_with',
      'cins', json(j.value -> 'cins'), 'cens', json(${censOfPool}), 'default_route', ${defaultRouteOfPool},
      'make', json(${madeForPool})),
    0, ${partValues('k')}
  FROM json_each(:pools) j
  CROSS JOIN cpools k ON k.hypervisor = ${hypervisor} AND k.name = j.value ->> 'name'
  CROSS JOIN operations p ON p.id = :operation
  ORDER BY j.key`;

/** The parts `o` of the operation, each with its pool `k`, and the pool `j` of the request. */
const parts = `
  json_each(:pools) j
  CROSS JOIN operations o ON o.id = j.value ->> 'part'
  CROSS JOIN cpools k ON k.hypervisor = o.hypervisor AND k.name = j.value ->> 'name'`;

/** The operation itself, `o`, and its pool, `:pool`. */
const own = 'operations o CROSS JOIN cpools k ON o.id = :operation AND k.hypervisor = o.hypervisor AND k.name = :pool';

const isExcess = `${poolNumber} > ${sizeAfter}`;

/** Statements on the operations `o` and their pools `k`. */
function changesOf(operations: string) {
  const containers = `${operations} CROSS JOIN containers c ON c.pool = k.id`;
  // Of a container that another operation is changing, this one settles what comes of it.
  const isChanged = `(${isExcess}
    OR NOT coalesce(c.applied_spec ->> '$.namespace', 0)
    OR c.applied_spec ->> '$.default_route' IS NOT c.spec ->> '$.default_route'
    OR coalesce(c.applied_spec ->> '$.process.image', 'netns') IS NOT o.request ->> '$.type'
    OR EXISTS (SELECT 1 FROM members m WHERE m.container = c.id AND (m.added = o.sequence OR m.removed = o.sequence))
    OR EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${containerSubject} AND s.sequence <> o.sequence))`;
  return {
    /** Containers that go leave every CEN; those that stay, what the pool was in and is no longer. */
    removeMembers: `
      WITH gone AS MATERIALIZED (
        SELECT m.id, o.sequence FROM ${containers}
        CROSS JOIN members m ON m.container = c.id AND m.removed IS NULL
        WHERE ${isExcess} OR (
          m.cen IN (SELECT value FROM json_each(k.spec, '$.cens')) AND m.cen NOT IN (SELECT value FROM json_each(o.request, '$.cens')))
      )
      UPDATE members SET removed = gone.sequence FROM gone WHERE members.id = gone.id`,
    removeContainers: `
      WITH gone AS MATERIALIZED (SELECT c.id FROM ${containers} WHERE c.desired = 'present' AND ${isExcess})
      UPDATE containers SET desired = 'absent', generation = generation + 1 FROM gone WHERE containers.id = gone.id`,
    /** To be run after all other changes. */
    count: `
      WITH counted AS MATERIALIZED (
        SELECT o.sequence, count(*) AS containers FROM ${containers} WHERE ${isChanged} GROUP BY o.sequence
      )
      UPDATE operations SET total = counted.containers FROM counted WHERE operations.sequence = counted.sequence`,
    subjects: [
      `SELECT ${poolSubject}, o.sequence FROM ${operations}`,
      // Read completely first: the condition reads the table that the rows are inserted into.
      `WITH changed AS MATERIALIZED (SELECT ${containerSubject} AS subject, o.sequence FROM ${containers} WHERE ${isChanged})
       SELECT subject, sequence FROM changed`,
      `SELECT ${cenSubject}, x.sequence FROM (
         SELECT o.sequence, e.value AS cen FROM ${operations} CROSS JOIN json_each(o.request, '$.cens') e
         UNION
         SELECT o.sequence, m.cen FROM ${operations} CROSS JOIN members m ON m.removed = o.sequence
       ) x CROSS JOIN cens n ON n.id = x.cen`,
      `SELECT ${cinSubject}, o.sequence FROM ${operations} CROSS JOIN json_each(o.request, '$.make') e
       CROSS JOIN cins i ON i.hypervisor = o.hypervisor AND i.name = e.value`,
    ],
  };
}

export const partChanges = changesOf(parts);
export const ownChanges = changesOf(own);

const containerSpec = withProcess(
  `json_object('explicit', json('true'), 'tag', k.name, 'default_route', o.request ->> '$.default_route')`,
  pooledProcessSql('NULL', "o.request ->> '$.type'"),
);

export const declareMembers = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms,
    short_name, pool)
  SELECT e.value ->> 'id', o.hypervisor, e.value ->> 'name', ${containerSpec}, NULL, 1, 'present', 'declared', ${now}, ${now},
    e.value ->> 'short', k.id
  FROM ${parts} CROSS JOIN json_each(j.value -> 'containers') e WHERE true ORDER BY j.key, e.key
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', spec = excluded.spec, generation = generation + 1
  WHERE desired = 'absent'`;

export const allocatePoolNamespaces = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT c.hypervisor, 'namespace', c.name, c.id
  FROM ${parts} CROSS JOIN json_each(j.value -> 'containers') e CROSS JOIN containers c ON c.id = e.value ->> 'id'`;

export const routeMembers = `
  WITH changed AS MATERIALIZED (
    SELECT c.id, o.request ->> '$.default_route' AS cin FROM ${parts} CROSS JOIN containers c ON c.pool = k.id
    WHERE c.desired = 'present' AND c.spec ->> '$.default_route' IS NOT o.request ->> '$.default_route'
  )
  UPDATE containers SET spec = json_set(spec, '$.default_route', changed.cin), generation = generation + 1
  FROM changed WHERE containers.id = changed.id`;

/** Those that run another image than their pool says. */
export const typeMembers = `
  WITH changed AS MATERIALIZED (
    SELECT c.id, ${pooledProcessSql("c.spec -> '$.process'", "o.request ->> '$.type'")} AS process
    FROM ${parts} CROSS JOIN containers c ON c.pool = k.id
    WHERE c.desired = 'present' AND coalesce(c.spec ->> '$.process.image', 'netns') IS NOT o.request ->> '$.type'
  )
  UPDATE containers SET spec = ${withProcess('spec', 'changed.process')}, generation = generation + 1
  FROM changed WHERE containers.id = changed.id`;

/** To be run after {@link partChanges}' removal of members, which reads the earlier spec. */
export const specifyPools = `
  WITH asked AS MATERIALIZED (SELECT k.id, ${specOf('o.request')} AS spec FROM ${parts})
  UPDATE cpools SET spec = asked.spec FROM asked WHERE cpools.id = asked.id`;

/** Enough for the positions of the containers of one pool in a CEN. */
const POSITIONS = 10_000;

export const joinMembers = addRequested(`
  requested AS MATERIALIZED (
    SELECT q.cen, c.id AS container, c.name, c.short_name, q.turn, q.sequence, q.start + ${poolNumber} AS position
    FROM (
      SELECT e.value AS cen, k.id AS pool, o.sequence, (j.key * ${POSITIONS}) + e.key AS turn,
        coalesce((SELECT max(m.position) FROM members m WHERE m.cen = e.value), 0) + (j.key * ${POSITIONS}) AS start
      FROM ${parts} CROSS JOIN json_each(o.request, '$.cens') e
    ) q
    CROSS JOIN cpools k ON k.id = q.pool
    CROSS JOIN containers c ON c.pool = k.id AND c.desired = 'present'
  )`);

export const removePool = `
  UPDATE cpools SET desired = 'absent', generation = generation + 1
  WHERE id = (SELECT k.id FROM ${own})`;

/** Holds if no CEN has more containers than its limit. */
export const noCenTooLarge = `NOT EXISTS (
  SELECT 1 FROM (
    SELECT DISTINCT e.value AS cen FROM operations o CROSS JOIN json_each(o.request, '$.cens') e WHERE o.parent = ${operationSequence}) x
  WHERE (SELECT count(*) FROM members m WHERE m.cen = x.cen AND m.removed IS NULL) > ${CEN_CONTAINERS_MAX})`;
