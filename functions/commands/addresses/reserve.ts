import * as v from 'valibot';
import { addressAt } from '../../../schema/addresses/block.ts';
import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { type AddressBody, reservationSchema } from '../../../schema/api/fleet/subnets.ts';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import { timestamp } from '../../operations/operation.ts';
import { none } from '../../operations/targets/target.ts';
import { blockUnchanged } from '../subnets/block.ts';
import { blockOf, type ReadSubnet, readSubnet, unknownSubnet } from '../subnets/read.ts';
import { offsetOf, outsideSubnet, undefinedSubnet } from './offset.ts';

const usable = `o.offset BETWEEN s.first_offset AND s.last_offset AND o.offset <> coalesce(s.gateway_offset, -1)`;

/** The lowest offset from `from` on that is not in a run of reserved addresses. */
const freeFrom = (from: string) => `
  coalesce((SELECT max(r.last + 1, ${from}) FROM address_runs r
    WHERE r.subnet = :id AND r.first <= ${from} ORDER BY r.first DESC LIMIT 1), ${from})`;

/** No run contains the gateway, so it is skipped once. */
const lowestFree = `
  SELECT CASE f.offset WHEN f.gateway_offset THEN ${freeFrom('f.gateway_offset + 1')} ELSE f.offset END AS offset, f.last_offset
  FROM (
    SELECT s.last_offset, s.gateway_offset, ${freeFrom('s.first_offset')} AS offset FROM subnets s
    WHERE s.id = :id AND s.first_offset IS NOT NULL) f`;

const reserveLowest = `
  INSERT INTO addresses (subnet, offset, owner, operation, created_ms)
  SELECT :id, x.offset, :owner, :operation, ${now} FROM (${lowestFree}) x WHERE x.offset <= x.last_offset`;

const reserveOne = `
  INSERT INTO addresses (subnet, offset, owner, operation, created_ms)
  SELECT :id, o.offset, :owner, :operation, ${now} FROM subnets s CROSS JOIN (SELECT :offset AS offset) o WHERE s.id = :id AND ${usable}`;

const isReserved = 'EXISTS (SELECT 1 FROM addresses WHERE operation = :operation)';

/** Offsets count from the first address of the current block. */
const keepReservation = `
  UPDATE operations SET result = (
    SELECT json_object('cidr', :read_cidr, 'offset', offset, 'owner', owner, 'reserved_ms', created_ms) FROM addresses WHERE operation = :operation)
  WHERE id = :operation`;

/** Reserves an address: the one that the request names, else the lowest free one. */
export const reserveAddress = defineCommand({
  kind: 'address.reserve',
  role: 'operator',
  request: v.object({ subnet: subnetIdSchema, ...reservationSchema.pipe[1].entries }),
  read: ({ database, request }) => readSubnet(database, request.subnet),
  encode: ({ request: { subnet, address, owner = '' } }) => ({
    subnet,
    ...(address === undefined ? {} : { address }),
    owner,
  }),
  target: none,
  resource: ({ request }) => `subnets/${request.subnet}`,
  status: 'succeeded',
  arguments: ({ request: { address, owner = '' }, found }) => ({
    id: found.body.id,
    read_cidr: found.body.cidr,
    owner,
    offset: address === undefined ? null : offsetOf(found, address),
  }),
  guards: [blockUnchanged],
  rows: [({ request }) => (request.address === undefined ? reserveLowest : reserveOne), keepReservation],
  invariants: [
    {
      id: 'no_address',
      holds: isReserved,
      problem: ({ database, found, request }) => noAddress(database, found, request.address),
    },
  ],
  isAmended: true,
  constraints: [{ violated: 'addresses.', problem: ({ request }) => alreadyReserved(request.address) }],
});

/** The reservation that an operation made, from the operation's result. */
export function reservedAddress(result: string | null): AddressBody {
  const { cidr, offset, owner, reserved_ms }: Reservation = JSON.parse(result ?? '{}');
  const block = blockOf({ cidr });
  if (block === null) throw new Error('the operation reserved no address');
  return { address: addressAt(block, offset), owner: owner === '' ? null : owner, reserved: timestamp(reserved_ms) };
}

interface Reservation {
  readonly cidr: string;
  readonly offset: number;
  readonly owner: string;
  readonly reserved_ms: number;
}

function alreadyReserved(address: string | undefined): Problem {
  return new Problem('conflict', `${address} is reserved already`, {
    errors: [{ pointer: '/address', detail: 'is reserved already' }],
  });
}

async function noAddress(database: Database, { body }: ReadSubnet, address: string | undefined): Promise<Problem> {
  if (body.cidr === null) return undefinedSubnet(body.id);
  if (address === undefined) {
    return new Problem('impossible', `Subnet ${body.id} has no free address from ${body.start} to ${body.end}`, {
      hint: 'Release one, or PATCH /subnets/{id} with a wider range',
    });
  }
  if (address === body.gateway) {
    return new Problem('conflict', `${address} is the gateway of the subnet`, {
      errors: [{ pointer: '/address', detail: 'is the gateway' }],
    });
  }
  const [rows] = await database.read([statement('SELECT 1 FROM subnets WHERE id = :id', { id: body.id })]);
  return rows.length === 0 ? unknownSubnet(body.id) : outsideSubnet(body);
}
