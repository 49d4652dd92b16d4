import type { AddressBody } from '../../../schema/api/fleet/subnets.ts';
import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { none } from '../../operations/targets/target.ts';
import { guardBlock } from '../subnets/block.ts';
import type { ReadSubnet } from '../subnets/read.ts';

/** Gives an address back. */
export function releaseAddress(
  { principal }: CommandContext,
  { body }: ReadSubnet,
  was: AddressBody,
  offset: number,
): Intent {
  const operation = newId();
  const args = { subnet: body.id, offset };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'address.release',
        on: none,
        request: { subnet: body.id, address: was.address },
        principal,
        resource: `subnets/${body.id}`,
        status: 'succeeded',
        result: { was },
      }),
      guardBlock(body.id, body.cidr),
      guard('not_reserved', 'EXISTS (SELECT 1 FROM addresses WHERE subnet = :subnet AND offset = :offset)', args, () =>
        notReserved(was.address),
      ),
      statement('DELETE FROM addresses WHERE subnet = :subnet AND offset = :offset', args),
    ],
  };
}

export function notReserved(address: string): Problem {
  return new Problem('not_found', `${address} is not reserved`, {
    errors: [{ parameter: 'address', detail: 'is not reserved' }],
  });
}
