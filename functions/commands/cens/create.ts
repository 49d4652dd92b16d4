import type { CommandContext } from '../../operations/command-context.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName } from '../../operations/targets/target.ts';
import { NetworkStatements } from '../networks/statements.ts';

/** Declares an empty CEN; there already: leaves it as it is. */
export function createCen({ principal, host }: CommandContext, cen: string): Intent {
  const operation = newId();
  const on = host === null ? scheduled({ technology: 'netns' }, { cens: [cen] }) : byName(host);
  const network = new NetworkStatements({ operation, on, memberships: [{ cen, containers: [] }], mode: 'declare' });
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.create',
        on,
        request: { cenID: cen },
        principal,
        resource: resourceOf('cens', cen),
        status: 'succeeded',
      }),
      network.guardHypervisor(),
      network.declareCens(),
      ...network.allocateNames(),
    ],
    constraints: network.constraints,
  };
}
