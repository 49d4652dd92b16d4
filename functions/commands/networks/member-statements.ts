import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import { cenSubject, cinSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';

/*
 * The memberships of a request, over {@link networkArguments}.
 *
 * CROSS JOIN is SQLite's way to fix the order of a join: from the request's list to the rows by their keys. Without it
 * the planner, which does not know the length of a list, scans all rows for each entry. A list that an UPDATE reads is
 * materialized first: otherwise its joins become part of the UPDATE's, with the table's rows as the outer loop.
 */

/** The part that changes a CEN of the request (`j`), or the operation itself if there is no part for it. */
const partSequence = `coalesce((SELECT o.sequence FROM operations o WHERE o.id = j.value ->> 'part'), ${operationSequence})`;

/**
 * The lists of the request: CEN, index in the request, the operation that changes it, and the position of its first
 * member.
 */
const lists = `
  lists AS MATERIALIZED (
    SELECT n.id AS cen, j.key AS turn, j.value -> 'members' AS members, ${partSequence} AS sequence,
      CASE WHEN :declared THEN 0 ELSE coalesce((SELECT max(m.position) + 1 FROM members m WHERE m.cen = n.id), 0) END AS start
    FROM json_each(:cens) j CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  )`;

/** The requested memberships. */
const requested = `${lists},
  requested AS MATERIALIZED (
    SELECT l.cen, c.id AS container, c.name, c.short_name, l.turn, l.sequence, l.start + e.key AS position
    FROM lists l
    CROSS JOIN json_each(l.members) e
    CROSS JOIN containers c ON c.hypervisor = ${hypervisor} AND c.name = e.value
  )`;

const currentMember = 'SELECT 1 FROM members x WHERE x.cen = r.cen AND x.container = r.container AND x.removed IS NULL';

export const removeOtherMembers = `
  WITH ${requested},
  others AS MATERIALIZED (
    SELECT m.id, l.sequence FROM lists l CROSS JOIN members m ON m.cen = l.cen AND m.removed IS NULL
    WHERE (m.cen, m.container) NOT IN (SELECT cen, container FROM requested)
  )
  UPDATE members SET removed = others.sequence FROM others WHERE members.id = others.id`;

export const moveMembers = `
  WITH ${requested},
  moved AS MATERIALIZED (
    SELECT m.id, r.position AS place FROM lists l
    CROSS JOIN members m ON m.cen = l.cen AND m.removed IS NULL
    CROSS JOIN requested r ON r.cen = m.cen AND r.container = m.container
    WHERE m.position <> r.position
  )
  UPDATE members SET position = moved.place FROM moved WHERE members.id = moved.id`;

/**
 * The n of `<container>.<n>o` is the lowest free one of the container; if one request adds several, they are numbered
 * in the order of the request. A container has 1,000 of them: if none is free, NULL aborts the batch. For a container
 * in no CEN all of them are free, which needs no lookup; most containers of an import are such.
 */
export const addMembers = addRequested(requested);

/** Adds the memberships of `requested`: cen, container, name, short_name, turn, sequence, position. */
export function addRequested(requested: string): string {
  return `
  INSERT INTO members (cen, container, position, ordinal, outside, added)
  WITH RECURSIVE ${requested},
  wanted AS MATERIALIZED (
    SELECT r.*, row_number() OVER (PARTITION BY r.container ORDER BY r.turn) AS nth,
      (SELECT count(*) FROM members u WHERE u.container = r.container) AS held
    FROM requested r WHERE NOT EXISTS (${currentMember})
  ),
  used AS MATERIALIZED (
    SELECT w.container, min(1000, count(*) + w.held) AS size FROM wanted w WHERE w.held > 0 GROUP BY w.container
  ),
  numbers (container, n, size) AS (
    SELECT container, 0, size FROM used
    UNION ALL
    SELECT container, n + 1, size FROM numbers WHERE n + 1 < size
  ),
  free AS MATERIALIZED (
    SELECT p.container, p.n, row_number() OVER (PARTITION BY p.container ORDER BY p.n) AS nth
    FROM numbers p WHERE NOT EXISTS (SELECT 1 FROM members u WHERE u.container = p.container AND u.ordinal = p.n)
  ),
  numbered AS (
    SELECT w.*, CASE WHEN w.nth <= 1000 THEN w.nth - 1 END AS n FROM wanted w WHERE w.held = 0
    UNION ALL
    SELECT w.*, free.n FROM wanted w LEFT JOIN free ON free.container = w.container AND free.nth = w.nth WHERE w.held > 0
  )
  SELECT w.cen, w.container, w.position, w.n,
    CASE WHEN length(w.name) + length(w.n) + 2 <= 15 THEN w.name ELSE w.short_name END || '.' || w.n || 'o',
    w.sequence
  FROM numbered w
  ORDER BY w.turn, w.position`;
}

export const allocateOutsideNames = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT n.hypervisor, 'link', m.outside, 'members/' || m.id
  FROM members m CROSS JOIN cens n ON n.id = m.cen
  WHERE m.added IN (
      SELECT ${operationSequence} UNION ALL SELECT sequence FROM operations WHERE parent = ${operationSequence})
    AND m.removed IS NULL`;

export const freeForgottenNames = `
  DELETE FROM host_names WHERE owner IN (SELECT 'members/' || id FROM members WHERE removed = ${operationSequence})`;

export const forgetRemovedMembers = `DELETE FROM members WHERE removed = ${operationSequence}`;

/** Holds if no CEN of the request has more members than the limit. */
export const noneTooLarge = `NOT EXISTS (
  SELECT 1 FROM json_each(:cens) j CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  WHERE (SELECT count(*) FROM members m WHERE m.cen = n.id AND m.removed IS NULL) > ${CEN_CONTAINERS_MAX})`;

/** The subjects of every part of an operation: its own resource, … */
export const partResources = `
  SELECT resource, sequence FROM operations WHERE parent = ${operationSequence}`;

/** The parts of this operation, each with its CEN. */
const parts = `
  json_each(:cens) j
  CROSS JOIN operations o ON o.id = j.value ->> 'part'
  CROSS JOIN cens n ON n.hypervisor = o.hypervisor AND n.name = j.value ->> 'name'`;

/** … its containers that `which` selects, over `m` and `o`, … */
export function partContainers(which: string): string {
  return `
    SELECT DISTINCT ${containerSubject}, o.sequence
    FROM ${parts}
    CROSS JOIN members m ON m.cen = n.id
    CROSS JOIN containers c ON c.id = m.container
    WHERE ${which}`;
}

/**
 * … and the CIN that it is in, with the CIN's other CENs: their bridges are joined. One that an unfinished operation
 * removes from the CIN may still come back.
 */
export const partCins: readonly string[] = [
  `SELECT DISTINCT ${cinSubject}, o.sequence
    FROM ${parts} CROSS JOIN cin_cens x ON x.cen = n.id CROSS JOIN cins i ON i.id = x.cin`,
  `SELECT DISTINCT ${cenSubject}, p.sequence
    FROM (SELECT o.sequence, x.cin, x.cen FROM ${parts} CROSS JOIN cin_cens x ON x.cen = n.id) p
    CROSS JOIN cin_cens y ON y.cin = p.cin AND y.cen <> p.cen
    CROSS JOIN cens n ON n.id = y.cen`,
];

/** Sets the number of containers in each part's CEN as its total. */
export const countParts = `
  WITH counted AS MATERIALIZED (
    SELECT o.sequence, (SELECT count(*) FROM members m WHERE m.cen = n.id AND m.removed IS NULL) AS members FROM ${parts}
  )
  UPDATE operations SET total = counted.members FROM counted WHERE operations.sequence = counted.sequence`;
