import { cenSubject, cinSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';

/*
 * The CENs of CINs, over `importArguments`, and the parts of an operation on CINs. CROSS JOIN fixes the order of a join,
 * and what an UPDATE reads is materialized, as in the statements on members.
 */

/** A CIN that is on the host, or that an operation is changing there: changing it requires the executor. */
export const isActive = `(i.spec ->> '$.made' OR coalesce(i.applied_spec ->> '$.made', 0)
  OR EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cinSubject}))`;

/** The CINs of the request, each with the operation that changes it: its part, or the whole if there is none. */
const lists = `
  lists AS MATERIALIZED (
    SELECT i.id AS cin, j.key AS turn, j.value -> 'cens' AS cens,
      coalesce((SELECT o.sequence FROM operations o WHERE o.id = j.value ->> 'part'), ${operationSequence}) AS sequence
    FROM json_each(:cins) j CROSS JOIN cins i ON i.hypervisor = ${hypervisor} AND i.name = j.value ->> 'name'
  )`;

const requested = `${lists},
  requested AS MATERIALIZED (
    SELECT l.cin, n.id AS cen, l.turn, e.key AS position, l.sequence
    FROM lists l
    CROSS JOIN json_each(l.cens) e
    CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = e.value
  )`;

export const removeOtherCens = `
  WITH ${requested},
  others AS MATERIALIZED (
    SELECT x.id, l.sequence FROM lists l CROSS JOIN cin_cens x ON x.cin = l.cin AND x.removed IS NULL
    WHERE (x.cin, x.cen) NOT IN (SELECT cin, cen FROM requested)
  )
  UPDATE cin_cens SET removed = others.sequence FROM others WHERE cin_cens.id = others.id`;

export const moveCens = `
  WITH ${requested},
  moved AS MATERIALIZED (
    SELECT x.id, r.position AS place FROM requested r
    CROSS JOIN cin_cens x ON x.cin = r.cin AND x.cen = r.cen AND x.removed IS NULL
    WHERE x.position <> r.position
  )
  UPDATE cin_cens SET position = moved.place FROM moved WHERE cin_cens.id = moved.id`;

/** A trigger allocates the addresses of its containers. */
export const addCens = `
  INSERT INTO cin_cens (cin, cen, position, added)
  WITH ${requested}
  SELECT r.cin, r.cen, r.position, r.sequence FROM requested r
  WHERE NOT EXISTS (SELECT 1 FROM cin_cens x WHERE x.cin = r.cin AND x.cen = r.cen AND x.removed IS NULL)
  ORDER BY r.turn, r.position`;

/** CENs whose removal does not involve the host. */
export const forgetRemovedCens = `DELETE FROM cin_cens WHERE removed = ${operationSequence}`;

/** No CEN of the request is in another CIN, nor is still to be taken out of one on the host. */
export const eachInOneCin = `NOT EXISTS (
  SELECT 1 FROM json_each(:cins) j
  CROSS JOIN cins i ON i.hypervisor = ${hypervisor} AND i.name = j.value ->> 'name'
  CROSS JOIN cin_cens x ON x.cin = i.id AND x.removed IS NULL
  CROSS JOIN cin_cens y ON y.cen = x.cen AND y.cin <> x.cin)`;

/** The parts of the operation, each with its CIN. */
const parts = `
  json_each(:cins) j
  CROSS JOIN operations o ON o.id = j.value ->> 'part'
  CROSS JOIN cins i ON i.hypervisor = o.hypervisor AND i.name = j.value ->> 'name'`;

const containersOf = (cin: string) => `(
  SELECT count(DISTINCT m.container) FROM cin_cens x CROSS JOIN members m ON m.cen = x.cen AND m.removed IS NULL
  WHERE x.cin = ${cin} AND x.removed IS NULL)`;

/** Sets the number of containers in each part's CIN as its total. */
export const countParts = `
  WITH counted AS MATERIALIZED (SELECT o.sequence, ${containersOf('i.id')} AS containers FROM ${parts})
  UPDATE operations SET total = counted.containers FROM counted WHERE operations.sequence = counted.sequence`;

/**
 * Subjects of operations `o` on CINs `i`, besides those: the CENs that are in a CIN before or after the operation, and
 * all their containers.
 */
function subjectsOf(operations: string): readonly string[] {
  const cens = `${operations} CROSS JOIN cin_cens x ON x.cin = i.id AND (x.removed IS NULL OR x.removed = o.sequence)`;
  return [
    `SELECT DISTINCT ${cenSubject}, o.sequence FROM ${cens} CROSS JOIN cens n ON n.id = x.cen`,
    `SELECT DISTINCT ${containerSubject}, o.sequence FROM ${cens}
     CROSS JOIN members m ON m.cen = x.cen AND m.removed IS NULL CROSS JOIN containers c ON c.id = m.container`,
  ];
}

export const partSubjects = subjectsOf(parts);

/** The operation itself, and its CIN, `:cin`. */
const own = 'operations o CROSS JOIN cins i ON o.id = :operation AND i.hypervisor = o.hypervisor AND i.name = :cin';

export const ownSubjects: readonly string[] = [`SELECT ${cinSubject}, o.sequence FROM ${own}`, ...subjectsOf(own)];

/** The id of the CIN `:cin`. */
export const ownCin = `(SELECT i.id FROM ${own})`;

/** Sets the number of containers in the CIN `:cin` as the operation's total. */
export const countOwn = `UPDATE operations SET total = ${containersOf(ownCin)} WHERE id = :operation`;
