import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation, insertOwnSubject } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor } from '../../operations/targets/target.ts';
import { changeOf, freeNames, touch } from './associations.ts';
import type { WithSubnets } from './read.ts';

/** Takes a hypervisor out of a subnet; its interface goes with the last subnet that has it. */
export function dissociate(
  { principal }: CommandContext,
  { body: { id, name }, subnets }: WithSubnets,
  subnet: string,
  revision: number | null,
): Intent {
  const operation = newId();
  const args = { operation, subnet };
  const { [subnet]: _gone, ...left } = subnets;
  return {
    operation,
    statements: [
      insertOperation({ ...changeOf(operation, id, principal, { [subnet]: '' }), result: { left } }),
      ...guardRevision('hypervisors', id, revision, () => unknownHypervisor(id)),
      guard(
        'not_associated',
        `EXISTS (SELECT 1 FROM subnet_interfaces WHERE hypervisor = ${hypervisor} AND subnet = :subnet)`,
        args,
        () => notAssociated(name, subnet),
      ),
      statement(`DELETE FROM subnet_interfaces WHERE hypervisor = ${hypervisor} AND subnet = :subnet`, args),
      statement(freeNames, args),
      statement(touch, args),
      insertOwnSubject(operation),
    ],
  };
}

export function notAssociated(name: string, subnet: string): Problem {
  return new Problem('not_found', `${name} is not in subnet ${subnet}`, {
    errors: [{ parameter: 'subnetID', detail: `is no subnet of ${name}` }],
  });
}
