import { statement } from '../../../schema/database/database.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { hostOfContainer, type OnHost } from '../containers/host.ts';
import { NetworkStatements } from '../networks/statements.ts';
import { insertSubjects } from './membership.ts';

/** Joins a container to a CEN, making both where they are not there yet; a made CEN is wired to it at once. */
export function joinCen({ principal, host, scoped }: OnHost, container: string, cen: string): Intent {
  const operation = newId();
  const on = hostOfContainer(host);
  const network = new NetworkStatements({
    operation,
    on,
    memberships: [{ cen, containers: [container] }],
    mode: 'make',
  });
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.join',
        on,
        request: { contID: container, cenID: cen },
        principal,
        resource: resourceOf('cens', cen),
        status: 'pending',
      }),
      network.guardHypervisor(),
      network.guardCapable(),
      ...(scoped ? [] : [network.guardOneHost()]),
      network.declareContainers(),
      network.declareCens(),
      ...network.allocateNames(),
      ...network.addMembers(),
      network.guardSizes(),
      statement(insertSubjects, { operation, container, cen }),
    ],
    constraints: network.constraints,
  };
}
