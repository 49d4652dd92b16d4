import { type Intent, insertOperation, insertOwnSubject } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import type { FoundHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { byName } from '../../operations/targets/target.ts';

/** Has the hypervisor's executor compare its whole host with what is wanted, and repair it; a dry run only tells. */
export function resync(principal: string, hypervisor: FoundHypervisor, dryRun: boolean): Intent {
  return ofHypervisor(principal, hypervisor, 'hypervisor.resync', { dry_run: dryRun });
}

/** Has everything taken away that bears this database's label and is in no row of it. */
export function removeOrphans(principal: string, hypervisor: FoundHypervisor): Intent {
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
        on: byName(hypervisor.id),
        request,
        principal,
        resource: `hypervisors/${hypervisor.id}`,
        status: 'pending',
      }),
      insertOwnSubject(operation),
    ],
  };
}
