import { now, type Statement, statement } from '../database/database.ts';
import type { subnetInterfaces } from '../tables/fleet.ts';
import { purgeTables, type Query, query, type ResourceDefinition } from './definition.ts';
import { pauseAfter } from './failures.ts';

export const REPAIR = 'bridges.repair';

/** The set of bridges of a hypervisor. */
export function bridgesSubject(hypervisor: string): string {
  return `hypervisors/${hypervisor}/bridges`;
}

export type AssociationRow = Readonly<Pick<typeof subnetInterfaces.$inferSelect, 'interface' | 'state' | 'error'>>;

interface BridgesRow {
  /** The database was restored, and nobody has said yet that it is right. */
  readonly keep: number;
  /** An unfinished operation changes them. */
  readonly busy: number;
  /** What the host refused is not to be tried again yet. */
  readonly backingOff: number;
}

export interface BridgesRows extends BridgesRow {
  readonly associations: readonly AssociationRow[];
}

/** What the host says of an interface: what its associations' rows are to say. */
export interface InterfaceState extends Pick<AssociationRow, 'state' | 'error'> {
  readonly name: string;
}

export interface BridgesEnd {
  /** All that were wanted. */
  readonly interfaces: readonly string[];
  /** None where the host was not read back. */
  readonly states: readonly InterfaceState[];
}

const selectAssociations = `
  SELECT interface, state, error FROM subnet_interfaces WHERE hypervisor = :hypervisor ORDER BY created_ms, subnet`;

const ofClients = `coalesce((
  SELECT g.sequence FROM operations g WHERE g.resource = :subject AND g.principal <> 'executor' ORDER BY g.sequence DESC LIMIT 1), 0)`;

/** The pause grows with each repair since a client last changed anything. */
const pause = pauseAfter("sum(f.principal = 'executor') + 1");

const selectBridges = `
  SELECT coalesce(h.held ->> '$.reason' = 'restored', 0) AS keep,
    EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = :subject) AS busy,
    coalesce((
      SELECT max(f.finished_ms) + ${pause} > ${now} FROM operations f
      WHERE f.resource = :subject AND f.finished_ms IS NOT NULL AND f.sequence >= ${ofClients}), 0) AS backingOff
  FROM hypervisors h WHERE h.id = :hypervisor`;

const note = `
  UPDATE subnet_interfaces SET state = x.value ->> 'state', error = x.value ->> 'error'
  FROM json_each(:states) x
  WHERE subnet_interfaces.hypervisor = :hypervisor AND subnet_interfaces.interface = x.value ->> 'name'`;

/** What was ready may be so still: the next look says. */
const fail = `
  UPDATE subnet_interfaces SET state = 'failed', error = :error
  WHERE hypervisor = :hypervisor AND state = 'pending' AND interface IN (SELECT value FROM json_each(:interfaces))`;

const UNKNOWN: BridgesRow = { keep: 1, busy: 0, backingOff: 0 };

/** All that the executor wants to know of a hypervisor's bridges; on one snapshot. */
function select(hypervisor: string): Query<BridgesRows> {
  const args = { hypervisor, subject: bridgesSubject(hypervisor) };
  const statements: readonly [Statement<AssociationRow>, Statement<BridgesRow>] = [
    statement<AssociationRow>(selectAssociations, args),
    statement<BridgesRow>(selectBridges, args),
  ];
  return query(statements, ([associations, [own = UNKNOWN]]) => ({ associations, ...own }));
}

/**
 * The bridges by which a hypervisor is in subnets. What is wanted is what the rows of its associations say at the time,
 * whatever operation asks; what became of each stands in its own row, so that one that can't be fails no other.
 */
export const bridgesDefinition: ResourceDefinition<BridgesRows, BridgesRows, BridgesEnd> = {
  name: 'bridges',
  technology: 'netns',
  operations: { 'subnets.change': { onFailure: 'repair' }, [REPAIR]: { onFailure: 'repair' } },
  repair: () => REPAIR,

  load(hypervisor) {
    const { statements, result } = select(hypervisor);
    return {
      statements,
      result(found) {
        const rows = result(found);
        return () => rows;
      },
    };
  },

  loadIdle(hypervisor, changed) {
    const subject = bridgesSubject(hypervisor);
    if (changed !== 'all' && !changed.includes(subject)) return null;
    const { statements, result } = select(hypervisor);
    return {
      statements,
      result(found) {
        const rows = result(found);
        if (rows.busy === 1) return { idle: [], busy: changed === 'all' ? [] : [subject], next: null };
        const idle = { subject, generation: 0, subjects: [subject], eventNames: [subject], rows };
        return { idle: [idle], busy: [], next: null };
      },
    };
  },

  finish({ hypervisor, ending, end: { interfaces, states } }) {
    switch (ending.status) {
      case 'succeeded':
        return [statement(note, { hypervisor, states: JSON.stringify(states) })];
      case 'failed':
        return [
          statement(fail, {
            hypervisor,
            error: JSON.stringify(ending.error),
            interfaces: JSON.stringify(interfaces),
          }),
        ];
      case 'cancelled':
        return [];
    }
  },

  owners: [
    `SELECT 1 FROM hypervisors h
      WHERE h.id = substr(j.value ->> 'resource', length('hypervisors/') + 1, 36)
        AND 'hypervisors/' || h.id || '/bridges' = j.value ->> 'resource' AND j.value ->> 'kind' = 'link'`,
  ],
  purge: purgeTables('subnet_interfaces'),
  networks: ['SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = h.id AND s.subnet = w.value'],
};
