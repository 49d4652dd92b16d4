import { statement } from '../../database/database.ts';
import { type ClaimedOperation, type Query, query } from '../definition.ts';
import {
  type AddressRow,
  addressColumns,
  appliedMade,
  appliedRoute,
  type CinCenRow,
  type CinRow,
  cinCenColumns,
  cinColumns,
} from './cin-rows.ts';
import { poolKinds } from './pools.ts';
import { type CenRow, type ContainerRow, cenColumns, containerColumns, type MemberRow, processColumn } from './rows.ts';

/** A CEN that an operation changes. */
export interface OperationCen extends CenRow {
  readonly sequence: number;
  /** It is made, according to the last operation that succeeded. */
  readonly made: number;
  /** The operation changes only some members of a bridge: only those members are read. */
  readonly partial: number;
}

/** A membership that exists before the operation of `sequence`, after it, or both. */
export interface OperationMember extends MemberRow {
  readonly sequence: number;
  /** Id of the CEN. */
  readonly cen: string;
  readonly before: number;
  readonly after: number;
}

/** A container that an operation changes, or that is in a CEN it changes. */
export interface OperationContainer extends ContainerRow {
  readonly sequence: number;
  /** The container was created explicitly. */
  readonly explicit: number;
  /** Another CEN that is made, or is to be, holds it; a membership counts until its removal has ended. */
  readonly held: number;
  /** It is a subject of the operation. */
  readonly named: number;
}

/** A CIN that an operation changes, or that contains a CEN that it changes. */
export interface OperationCin extends CinRow {
  readonly sequence: number;
  /** It is made, according to the last operation that succeeded. */
  readonly made: number;
  /** It is a subject of the operation. */
  readonly named: number;
}

/** A CEN that is in the CIN before the operation of `sequence`, after it, or both. */
export interface OperationCinCen extends CinCenRow {
  readonly sequence: number;
  readonly before: number;
  readonly after: number;
}

/** An interface that is in the CIN before the operation of `sequence`, after it, or both. */
export interface OperationAddress extends AddressRow {
  readonly sequence: number;
  readonly before: number;
  readonly after: number;
}

/** The rows of one operation. */
export interface OperationRows {
  readonly cens: readonly OperationCen[];
  readonly members: readonly OperationMember[];
  readonly containers: readonly OperationContainer[];
  readonly cins: readonly OperationCin[];
  readonly cinCens: readonly OperationCinCen[];
  readonly addresses: readonly OperationAddress[];
}

/*
 * CROSS JOIN is SQLite's way to fix the order of a join: from the operations to the rows by their keys. Without it the
 * planner, which does not know the length of a list, may scan all rows of a table for each entry.
 */

/** `o`: the operations; `n`: the CENs among the subjects of each. */
const operationCens = `
  json_each(:sequences) q
  CROSS JOIN operations o ON o.sequence = q.value
  CROSS JOIN operation_subjects s ON s.sequence = o.sequence AND substr(s.subject, 1, length(:cens)) = :cens
  CROSS JOIN cens n ON n.hypervisor = :hypervisor AND n.name = substr(s.subject, length(:cens) + 1)`;

/** Whether a membership exists before the operation, and after it. */
const existsBefore = (row: 'm' | 'x') =>
  `(${row}.added < o.sequence AND (${row}.removed IS NULL OR ${row}.removed >= o.sequence))`;
const existsAfter = (row: 'm' | 'x') =>
  `(${row}.added <= o.sequence AND (${row}.removed IS NULL OR ${row}.removed > o.sequence))`;
const found = existsBefore('m');
const left = existsAfter('m');

/** The CEN is a bridge before and after: the wiring of the other members does not change. */
const BRIDGED = 3;

const isPartial = `(o.kind IN ('cen.join', 'cen.leave', 'container.delete', ${poolKinds}) AND (
  SELECT count(*) FROM (SELECT 1 FROM members m WHERE m.cen = n.id AND ${found} AND ${left} LIMIT ${BRIDGED})) = ${BRIDGED})`;

const selectCens = `
  SELECT o.sequence, ${cenColumns}, coalesce(n.applied_spec ->> '$.made', 0) AS made, ${isPartial} AS partial
  FROM ${operationCens}`;

/** `m`: members of the CENs that are changed as a whole. */
const wholeMembers = `
  ${operationCens} AND NOT ${isPartial}
  CROSS JOIN members m ON m.cen = n.id AND (${found} OR ${left})`;

/** `m`: the members that an operation adds or removes; of a partial CEN no others are read. */
const changedMembers = (column: 'added' | 'removed') => `
  ${operationCens} AND ${isPartial}
  CROSS JOIN members m ON m.${column} = o.sequence AND m.cen = n.id AND (${found} OR ${left})`;

const memberColumns = `o.sequence, m.cen, m.container, m.ordinal, m.outside, ${found} AS before, ${left} AS after, m.position, m.id`;

const selectMembers = `
  SELECT x.sequence, x.cen, c.name AS container, x.ordinal, x.outside, x.before, x.after
  FROM (
    SELECT ${memberColumns} FROM ${wholeMembers}
    UNION ALL SELECT ${memberColumns} FROM ${changedMembers('added')}
    UNION ALL SELECT ${memberColumns} FROM ${changedMembers('removed')}
  ) x
  CROSS JOIN containers c ON c.id = x.container
  ORDER BY x.sequence, x.position, x.id`;

const selectContainers = `
  WITH concerned AS MATERIALIZED (
    SELECT sequence, id, max(named) AS named FROM (
      SELECT o.sequence, c.id, 1 AS named
      FROM json_each(:sequences) q
      CROSS JOIN operations o ON o.sequence = q.value
      CROSS JOIN operation_subjects s ON s.sequence = o.sequence AND substr(s.subject, 1, length(:containers)) = :containers
      CROSS JOIN containers c ON c.hypervisor = :hypervisor AND c.name = substr(s.subject, length(:containers) + 1)
      UNION ALL
      SELECT o.sequence, m.container, 0 FROM ${wholeMembers}
    ) GROUP BY sequence, id
  )
  SELECT x.sequence, ${containerColumns}, coalesce(c.spec ->> '$.explicit', 0) AS explicit,
    CASE WHEN x.named THEN ${processColumn('m.added <= x.sequence AND (m.removed IS NULL OR m.removed > x.sequence)')} END AS process,
    EXISTS (
      SELECT 1 FROM members m CROSS JOIN cens n ON n.id = m.cen
      WHERE m.container = c.id
        AND (n.spec ->> '$.made' OR coalesce(n.applied_spec ->> '$.made', 0))
        AND NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.sequence = x.sequence AND s.subject = :cens || n.name)
    ) AS held, x.named
  FROM concerned x
  CROSS JOIN containers c ON c.id = x.id`;

/** `o`, and the CINs that have to do with it; `named`: it is a subject. */
const concernedCins = `
  concerned AS MATERIALIZED (
    SELECT sequence, cin, max(named) AS named FROM (
      SELECT o.sequence, i.id AS cin, 1 AS named
      FROM json_each(:sequences) q
      CROSS JOIN operations o ON o.sequence = q.value
      CROSS JOIN operation_subjects s ON s.sequence = o.sequence AND substr(s.subject, 1, length(:cins)) = :cins
      CROSS JOIN cins i ON i.hypervisor = :hypervisor AND i.name = substr(s.subject, length(:cins) + 1)
      UNION ALL
      SELECT o.sequence, x.cin, 0 FROM ${operationCens}
      CROSS JOIN cin_cens x ON x.cen = n.id AND (${existsBefore('x')} OR ${existsAfter('x')})
    ) GROUP BY sequence, cin
  )`;

const selectCins = `
  WITH ${concernedCins}
  SELECT k.sequence, ${cinColumns}, coalesce(i.applied_spec ->> '$.made', 0) AS made, k.named FROM concerned k CROSS JOIN cins i ON i.id = k.cin`;

const selectCinCens = `
  WITH ${concernedCins}
  SELECT o.sequence, ${cinCenColumns}, ${appliedMade}, ${existsBefore('x')} AS before, ${existsAfter('x')} AS after
  FROM concerned k
  CROSS JOIN operations o ON o.sequence = k.sequence
  CROSS JOIN cins i ON i.id = k.cin
  CROSS JOIN cin_cens x ON x.cin = k.cin AND (${existsBefore('x')} OR ${existsAfter('x')})
  CROSS JOIN cens n ON n.id = x.cen
  ORDER BY o.sequence, x.position, x.id`;

/** The interfaces and addresses of the containers that are subjects. */
const selectAddresses = `
  SELECT o.sequence, ${addressColumns}, ${appliedMade}, ${appliedRoute}, (${found} AND ${existsBefore('x')}) AS before, (${left} AND ${existsAfter('x')}) AS after
  FROM json_each(:sequences) q
  CROSS JOIN operations o ON o.sequence = q.value
  CROSS JOIN operation_subjects s ON s.sequence = o.sequence AND substr(s.subject, 1, length(:containers)) = :containers
  CROSS JOIN containers c ON c.hypervisor = :hypervisor AND c.name = substr(s.subject, length(:containers) + 1)
  CROSS JOIN cin_addresses a ON a.container = c.id
  CROSS JOIN cins i ON i.id = a.cin
  CROSS JOIN members m ON m.container = c.id AND (${found} OR ${left})
  CROSS JOIN cin_cens x ON x.cen = m.cen AND x.cin = a.cin AND (${existsBefore('x')} OR ${existsAfter('x')})
  CROSS JOIN cens n ON n.id = m.cen
  ORDER BY o.sequence, c.name, i.first, x.position, x.id`;

/** The rows of operations, on one snapshot. */
export function loadNetworks(
  hypervisor: string,
  operations: readonly ClaimedOperation[],
): Query<(operation: ClaimedOperation) => OperationRows> {
  const args = {
    hypervisor,
    sequences: JSON.stringify(operations.map(({ sequence }) => sequence)),
    ...{ cens: `hypervisors/${hypervisor}/cens/`, cins: `hypervisors/${hypervisor}/cins/` },
    containers: `hypervisors/${hypervisor}/containers/`,
  };
  const statements = [
    statement<OperationCen>(selectCens, args),
    statement<OperationMember>(selectMembers, args),
    statement<OperationContainer>(selectContainers, args),
    statement<OperationCin>(selectCins, args),
    statement<OperationCinCen>(selectCinCens, args),
    statement<OperationAddress>(selectAddresses, args),
  ] as const;
  return query(statements, ([foundCens, foundMembers, foundContainers, foundCins, foundCinCens, foundAddresses]) => {
    const cens = bySequence(foundCens);
    const members = bySequence(foundMembers);
    const containers = bySequence(foundContainers);
    const cins = bySequence(foundCins);
    const cinCens = bySequence(foundCinCens);
    const addresses = bySequence(foundAddresses);
    return ({ sequence }) => ({
      cens: cens(sequence),
      members: members(sequence),
      containers: containers(sequence),
      cins: cins(sequence),
      cinCens: cinCens(sequence),
      addresses: addresses(sequence),
    });
  });
}

function bySequence<Row extends { readonly sequence: number }>(rows: readonly Row[]): (sequence: number) => Row[] {
  const groups = Map.groupBy(rows, ({ sequence }) => sequence);
  return (sequence) => groups.get(sequence) ?? [];
}
