import { type Statement, statement } from '../../database/database.ts';
import { type ClaimedOperation, type Query, query } from '../definition.ts';
import {
  type CenRow,
  type ContainerRow,
  cenColumns,
  containerColumns,
  type MemberRow,
  type NetworkRows,
} from './rows.ts';

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

/** The rows of one operation. */
export type OperationRows = NetworkRows<OperationCen, OperationMember, OperationContainer>;

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

const found = '(m.added < o.sequence AND (m.removed IS NULL OR m.removed >= o.sequence))';
const left = '(m.added <= o.sequence AND (m.removed IS NULL OR m.removed > o.sequence))';

/** The CEN is a bridge before and after: the wiring of the other members does not change. */
const BRIDGED = 3;

const isPartial = `(o.kind IN ('cen.join', 'cen.leave', 'container.delete') AND (
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
    EXISTS (
      SELECT 1 FROM members m CROSS JOIN cens n ON n.id = m.cen
      WHERE m.container = c.id
        AND (n.spec ->> '$.made' OR coalesce(n.applied_spec ->> '$.made', 0))
        AND NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.sequence = x.sequence AND s.subject = :cens || n.name)
    ) AS held, x.named
  FROM concerned x
  CROSS JOIN containers c ON c.id = x.id`;

/** The rows of operations, on one snapshot. */
export function loadNetworks(
  hypervisor: string,
  operations: readonly ClaimedOperation[],
): Query<(operation: ClaimedOperation) => OperationRows> {
  const args = {
    hypervisor,
    sequences: JSON.stringify(operations.map(({ sequence }) => sequence)),
    cens: `hypervisors/${hypervisor}/cens/`,
    containers: `hypervisors/${hypervisor}/containers/`,
  };
  const statements: readonly [Statement<OperationCen>, Statement<OperationMember>, Statement<OperationContainer>] = [
    statement<OperationCen>(selectCens, args),
    statement<OperationMember>(selectMembers, args),
    statement<OperationContainer>(selectContainers, args),
  ];
  return query(statements, ([foundCens, foundMembers, foundContainers]) => {
    const bySequence = {
      cens: Map.groupBy(foundCens, ({ sequence }) => sequence),
      members: Map.groupBy(foundMembers, ({ sequence }) => sequence),
      containers: Map.groupBy(foundContainers, ({ sequence }) => sequence),
    };
    return ({ sequence }) => ({
      cens: bySequence.cens.get(sequence) ?? [],
      members: bySequence.members.get(sequence) ?? [],
      containers: bySequence.containers.get(sequence) ?? [],
    });
  });
}
