import { now, statement } from '../database/database.ts';
import type { subnetInterfaces } from '../tables/fleet.ts';
import { purgeTables, type Query, query, type ResourceDefinition } from './definition.ts';
import { pauseAfter } from './failures.ts';

const REPAIR = 'bridges.repair';

/** The set of bridges of a hypervisor. */
export function bridgesSubject(hypervisor: string): string {
  return `hypervisors/${hypervisor}/bridges`;
}

/** The state of an interface, to be written or as written. */
export type Association = Readonly<Pick<typeof subnetInterfaces.$inferSelect, 'interface' | 'state' | 'error'>>;

interface AssociationRow extends Association {
  /** The host refused it, and the pause after that is not over. */
  readonly waits: number;
}

interface BridgesRow {
  /** The database was restored and not confirmed yet: rows of bridges may be missing. */
  readonly restored: number;
  /** An unfinished operation changes them. */
  readonly busy: number;
}

export interface BridgesRows extends BridgesRow {
  readonly associations: readonly AssociationRow[];
}

const ofClients = `coalesce((
  SELECT g.sequence FROM operations g WHERE g.resource = :subject AND g.principal <> 'executor' ORDER BY g.sequence DESC LIMIT 1), 0)`;

/** The pause grows with each repair since the last change by a client, and ends with a change by a client. */
const isPause = `coalesce((
  SELECT max(f.finished_ms) + ${pauseAfter("sum(f.principal = 'executor') + 1")} > ${now} FROM operations f
  WHERE f.resource = :subject AND f.finished_ms IS NOT NULL AND f.sequence >= ${ofClients}), 0)`;

/** A conflict needs no pause: whether the foreign link still exists is visible. */
const selectAssociations = `
  SELECT interface, state, error, state = 'failed' AND error ->> '$.code' <> 'conflict' AND ${isPause} AS waits
  FROM subnet_interfaces WHERE hypervisor = :hypervisor ORDER BY created_ms, subnet`;

const selectBridges = `
  SELECT coalesce(held ->> '$.reason' = 'restored', 0) AS restored,
    EXISTS (SELECT 1 FROM operation_subjects WHERE subject = :subject) AS busy
  FROM hypervisors WHERE id = :hypervisor`;

/** The rows of a hypervisor's bridges; on one snapshot. */
function select(hypervisor: string): Query<BridgesRows> {
  const args = { hypervisor, subject: bridgesSubject(hypervisor) };
  return query(
    [statement<AssociationRow>(selectAssociations, args), statement<BridgesRow>(selectBridges, args)],
    ([associations, [own = { restored: 1, busy: 0 }]]) => ({ associations, ...own }),
  );
}

/** A failed operation leaves `ready` associations as they are: the next scan determines their state. */
const note = `
  UPDATE subnet_interfaces SET state = x.value ->> 'state', error = x.value ->> 'error'
  FROM json_each(:associations) x
  WHERE hypervisor = :hypervisor AND interface = x.value ->> 'interface' AND (:succeeded OR subnet_interfaces.state = 'pending')`;

/**
 * The bridges of a hypervisor's associations with subnets. The desired state is that of the rows when they are read,
 * whichever operation runs; the resulting state of each association is in its own row, so that one that cannot be
 * created fails no other.
 */
export const bridgesDefinition: ResourceDefinition<BridgesRows, BridgesRows, readonly Association[]> = {
  name: 'bridges',
  technology: 'netns',
  operations: { 'subnets.change': { onFailure: 'repair' }, [REPAIR]: { onFailure: 'repair' } },
  repair: () => REPAIR,

  load(hypervisor) {
    const { statements, result } = select(hypervisor);
    return { statements, result: (found) => () => result(found) };
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

  finish({ hypervisor, ending: { status }, end }) {
    const succeeded = status === 'succeeded' ? 1 : 0;
    return [statement(note, { hypervisor, succeeded, associations: JSON.stringify(end) })];
  },

  owners: [
    `SELECT 1 FROM hypervisors h
      WHERE h.id = substr(j.value ->> 'resource', length('hypervisors/') + 1, 36)
        AND 'hypervisors/' || h.id || '/bridges' = j.value ->> 'resource' AND j.value ->> 'kind' = 'link'`,
  ],
  purge: purgeTables('subnet_interfaces'),
  networks: ['SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = h.id AND s.subnet = w.value'],
};
