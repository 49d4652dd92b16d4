import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor } from '../../operations/targets/target.ts';
import { hostOfContainer, type OnHost } from '../containers/host.ts';
import { operationSequence } from '../networks/operation-sequence.ts';
import { insertSubjects } from './membership.ts';

/** Takes a container out of a CEN. */
export function leaveCen({ principal, host }: OnHost, container: string, cen: string): Intent {
  const operation = newId();
  const on = hostOfContainer(host);
  const args = { operation, container, cen };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.leave',
        on,
        request: { contID: container, cenID: cen },
        principal,
        resource: resourceOf('cens', cen),
        status: 'pending',
      }),
      guard('hypervisor', `${hypervisor} IS NOT NULL`, args, on.problem),
      guard('no_member', `EXISTS (${selectMember})`, args, () => noMember(host, container, cen)),
      statement(insertSubjects, args),
      statement(`UPDATE members SET removed = ${operationSequence} WHERE id = (${selectMember})`, args),
    ],
  };
}

function noMember(host: string, container: string, cen: string): Problem {
  return new Problem('not_found', `Container ${container} on ${host} is not in CEN ${cen}`, {
    errors: [{ parameter: 'CenId', detail: `${container} is not in ${cen}` }],
  });
}

const selectMember = `
  SELECT m.id FROM cens n
  CROSS JOIN containers c ON c.hypervisor = n.hypervisor AND c.name = :container
  CROSS JOIN members m ON m.cen = n.id AND m.container = c.id AND m.removed IS NULL
  WHERE n.hypervisor = ${hypervisor} AND n.name = :cen`;
