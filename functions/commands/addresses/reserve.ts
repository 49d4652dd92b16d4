import { addressAt, offsetIn } from '../../../schema/addresses/block.ts';
import type { AddressBody, ReservationInput } from '../../../schema/api/fleet/subnets.ts';
import { type Database, now, type Statement, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { type Guard, guard, type MakeProblem } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { timestamp } from '../../operations/operation.ts';
import { none } from '../../operations/targets/target.ts';
import { guardBlock } from '../subnets/block.ts';
import { blockOf, type ReadSubnet } from '../subnets/read.ts';

const usable = `o.offset BETWEEN s.first_offset AND s.last_offset AND o.offset <> coalesce(s.gateway_offset, -1)`;

/** The lowest offset from `from` on that is not in a run of taken ones. */
const freeFrom = (from: string) => `
  coalesce((SELECT max(r.last + 1, ${from}) FROM address_runs r
    WHERE r.subnet = :subnet AND r.first <= ${from} ORDER BY r.first DESC LIMIT 1), ${from})`;

/** No run has the gateway in it: it is passed over once. */
const lowestFree = `
  SELECT CASE f.offset WHEN f.gateway_offset THEN ${freeFrom('f.gateway_offset + 1')} ELSE f.offset END AS offset, f.last_offset
  FROM (
    SELECT s.last_offset, s.gateway_offset, ${freeFrom('s.first_offset')} AS offset FROM subnets s
    WHERE s.id = :subnet AND s.first_offset IS NOT NULL) f`;

const reserveLowest = `
  INSERT INTO addresses (subnet, offset, owner, operation, created_ms)
  SELECT :subnet, x.offset, :owner, :operation, ${now} FROM (${lowestFree}) x WHERE x.offset <= x.last_offset`;

const reserveOne = `
  INSERT INTO addresses (subnet, offset, owner, operation, created_ms)
  SELECT :subnet, o.offset, :owner, :operation, ${now} FROM subnets s CROSS JOIN (SELECT :offset AS offset) o WHERE s.id = :subnet AND ${usable}`;

const isReserved = 'EXISTS (SELECT 1 FROM addresses WHERE operation = :operation)';

/** Offsets count from the first address of the block as it is now. */
const noteReservation = `
  UPDATE operations SET result = (
    SELECT json_object('cidr', :cidr, 'offset', offset, 'owner', owner, 'reserved_ms', created_ms) FROM addresses WHERE operation = :operation)
  WHERE id = :operation`;

/**
 * The statements by which an operation gets an address of a subnet: the lowest that is free, or (`offset`) that one.
 * They abort the batch with `problem`, or where the address is taken by the key of its row.
 */
export function takeAddress(
  args: {
    readonly operation: string;
    readonly subnet: string;
    readonly owner: string;
    readonly offset: number | null;
  },
  problem: MakeProblem,
): (Statement<never> | Guard)[] {
  return [
    statement(args.offset === null ? reserveLowest : reserveOne, args),
    guard('no_address', isReserved, { operation: args.operation }, problem),
  ];
}

/** Reserves an address for somebody. */
export function reserveAddress(
  { principal }: CommandContext,
  subnet: ReadSubnet,
  { address, owner = '' }: ReservationInput,
): Intent {
  const operation = newId();
  const offset = address === undefined ? null : offsetOf(subnet, address);
  const { id, cidr } = subnet.body;
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'address.reserve',
        on: none,
        request: { subnet: id, ...(address === undefined ? {} : { address }), owner },
        principal,
        resource: `subnets/${id}`,
        status: 'succeeded',
      }),
      guardBlock(id, cidr),
      ...takeAddress({ operation, subnet: id, owner, offset }, (database) => noAddress(database, subnet, address)),
      statement(noteReservation, { operation, cidr }),
    ],
    amended: true,
    constraints: [{ violated: 'addresses.', problem: () => alreadyReserved(address) }],
  };
}

/** The reservation that an operation made, as its result tells it. */
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

/** Throws a 400 for an address that the subnet cannot give; a 422 where it has none at all. */
export function offsetOf({ body }: ReadSubnet, address: string): number {
  const block = blockOf(body);
  if (block === null) throw undefinedSubnet(body.id);
  const offset = offsetIn(block, address);
  if (offset === undefined || offset > BigInt(Number.MAX_SAFE_INTEGER)) throw outside(body);
  return Number(offset);
}

export function alreadyReserved(address: string | undefined): Problem {
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
  return rows.length === 0 ? new Problem('not_found', `Subnet ${body.id} not found`) : outside(body);
}

function outside({ start, end }: ReadSubnet['body']): Problem {
  const detail = `is not from ${start} to ${end}`;
  return new Problem('invalid', `/address ${detail}`, { errors: [{ pointer: '/address', detail }] });
}

function undefinedSubnet(id: string): Problem {
  return new Problem('impossible', `Subnet ${id} is not defined: it has no addresses`, {
    hint: 'POST /subnets with its id and cidr',
  });
}
