import { now, type Statement, statement } from '../../schema/database/database.ts';
import type { Noted } from '../kinds/bridges/desired.ts';
import { pauseAfter } from './failures.ts';

/** The set of bridges of a hypervisor, over SQL for its id. */
export function bridgesSubject(hypervisor: string): string {
  return `'hypervisors/' || ${hypervisor} || '/bridges'`;
}

export interface AssociationRow extends Noted {
  readonly interface: string;
}

export interface BridgesRow {
  /** The database was restored, and nobody has said yet that it is right. */
  readonly keep: number;
  /** An unfinished operation changes them. */
  readonly busy: number;
  /** What the host refused is not to be tried again yet. */
  readonly resting: number;
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
      WHERE f.resource = :subject AND f.finished_ms IS NOT NULL AND f.sequence >= ${ofClients}), 0) AS resting
  FROM hypervisors h WHERE h.id = :hypervisor`;

/** All that the executor wants to know of a hypervisor's bridges; on one snapshot. */
export function selectBridgesRows(
  hypervisor: string,
  subject: string,
): [Statement<AssociationRow>, Statement<BridgesRow>] {
  const args = { hypervisor, subject };
  return [statement<AssociationRow>(selectAssociations, args), statement<BridgesRow>(selectBridges, args)];
}
