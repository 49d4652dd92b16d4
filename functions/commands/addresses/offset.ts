import { offsetIn } from '../../../schema/addresses/block.ts';
import { Problem } from '../../../schema/problem.ts';
import { blockOf, type ReadSubnet } from '../subnets/read.ts';

/** Throws a 400 for an address outside the subnet's block; a 422 for a subnet without a block. */
export function offsetOf({ body }: ReadSubnet, address: string): number {
  const block = blockOf(body);
  if (block === null) throw undefinedSubnet(body.id);
  const offset = offsetIn(block, address);
  if (offset === undefined || offset > BigInt(Number.MAX_SAFE_INTEGER)) throw outsideSubnet(body);
  return Number(offset);
}

export function outsideSubnet({ start, end }: ReadSubnet['body']): Problem {
  const detail = `is not from ${start} to ${end}`;
  return new Problem('invalid', `/address ${detail}`, { errors: [{ pointer: '/address', detail }] });
}

export function undefinedSubnet(id: string): Problem {
  return new Problem('impossible', `Subnet ${id} is not defined: it has no addresses`, {
    hint: 'POST /subnets with its id and cidr',
  });
}
