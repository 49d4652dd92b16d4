import * as v from 'valibot';
import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { type AddressBody, addressSchema } from '../../../schema/api/fleet/subnets.ts';
import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import { none } from '../../operations/targets/target.ts';
import { blockUnchanged } from '../subnets/block.ts';
import { type ReadSubnet, readSubnet } from '../subnets/read.ts';
import { offsetOf } from './offset.ts';
import { readAddress } from './read.ts';

export interface Reserved {
  readonly offset: number;
  readonly reservation: AddressBody;
}

/** Releases a reserved address. */
export const releaseAddress = defineCommand({
  kind: 'address.release',
  role: 'operator',
  request: v.object({ subnet: subnetIdSchema, address: addressSchema }),
  read: async ({ database, request }) => {
    const subnet = await readSubnet(database, request.subnet);
    return { subnet, ...(await findReserved(database, subnet, request.address)) };
  },
  target: none,
  resource: ({ request }) => `subnets/${request.subnet}`,
  status: 'succeeded',
  result: ({ found }) => ({ was: found.reservation }),
  arguments: ({ request, found }) => ({
    id: request.subnet,
    read_cidr: found.subnet.body.cidr,
    offset: found.offset,
  }),
  guards: [
    blockUnchanged,
    {
      id: 'not_reserved',
      holds: 'EXISTS (SELECT 1 FROM addresses WHERE subnet = :id AND offset = :offset)',
      problem: ({ request }) => notReserved(request.address),
    },
  ],
  rows: ['DELETE FROM addresses WHERE subnet = :id AND offset = :offset'],
});

/** Throws a 404 for an address that is not reserved, which includes every address outside the subnet. */
export async function findReserved(database: Database, subnet: ReadSubnet, address: string): Promise<Reserved> {
  const offset = offsetOrNone(subnet, address);
  const reservation = offset === null ? undefined : await readAddress(database, subnet, offset);
  if (offset === null || reservation === undefined) throw notReserved(address);
  return { offset, reservation };
}

function offsetOrNone(subnet: ReadSubnet, address: string): number | null {
  try {
    return offsetOf(subnet, address);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function notReserved(address: string): Problem {
  return new Problem('not_found', `${address} is not reserved`, {
    errors: [{ parameter: 'address', detail: 'is not reserved' }],
  });
}
