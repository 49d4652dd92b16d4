import { type Database, statement } from '../../../schema/database/database.ts';
import { named } from '../../intent/choice.ts';
import type { FoundHypervisor } from '../../intent/find-hypervisor.ts';
import { type Intent, insertOperation, insertOwnSubject } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { timestamp } from '../../intent/operation.ts';

/** Has the hypervisor's executor compare its whole host with what is wanted, and repair it; a dry run only tells. */
export function resync(principal: string, hypervisor: FoundHypervisor, dryRun: boolean): Intent {
  return ofHypervisor(principal, hypervisor, 'hypervisor.resync', { dry_run: dryRun });
}

/** Has everything taken away that bears this database's label and is in no row of it. */
export function sweep(principal: string, hypervisor: FoundHypervisor): Intent {
  return ofHypervisor(principal, hypervisor, 'hypervisor.sweep', {});
}

function ofHypervisor(principal: string, hypervisor: FoundHypervisor, kind: string, request: unknown): Intent {
  const operation = newId();
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind,
        on: named(hypervisor.id),
        request,
        principal,
        resource: `hypervisors/${hypervisor.id}`,
        status: 'pending',
      }),
      insertOwnSubject(operation),
    ],
    explain: async (error) => {
      throw error;
    },
  };
}

interface OrphanRow {
  readonly kind: 'link' | 'namespace';
  readonly place: string;
  readonly name: string;
  readonly label: string;
  readonly scans: number;
  readonly first_seen_ms: number;
}

const selectOrphans = `
  SELECT kind, place, name, label, scans, first_seen_ms FROM orphans WHERE hypervisor = :hypervisor
  ORDER BY kind DESC, place, name, label`;

/** What its executor has found that bears this database's label and is in no row of it. */
export async function readOrphans(database: Database, { id, held }: FoundHypervisor): Promise<unknown> {
  const [rows] = await database.read([statement<OrphanRow>(selectOrphans, { hypervisor: id })]);
  return {
    orphans: rows.map(({ kind, place, name, label, scans, first_seen_ms }) => ({
      kind,
      namespace: place === '' ? null : place,
      name,
      label,
      scans,
      first_seen: timestamp(first_seen_ms),
    })),
    held: held === null ? null : JSON.parse(held),
  };
}
