import * as v from 'valibot';
import { canonicalAddress } from '../../addresses/address.ts';
import {
  addressAt,
  type Block,
  firstHost,
  lastHost,
  OFFSET_MAX,
  offsetIn,
  parseBlock,
  RANGE_MAX,
} from '../../addresses/block.ts';
import { type MemberError, Problem, problemSchema } from '../../problem.ts';
import { anyObjectSchema, objectMessage, uuidSchema } from '../common.ts';
import { associationStates } from './hypervisors.ts';

const textSchema = v.nullable(v.string('must be a string'));

/** Read-only members of weft's answers, which a client may send back. */
const readOnly = {
  free: v.optional(v.unknown()),
  reserved: v.optional(v.unknown()),
  hypervisors: v.optional(v.unknown()),
};

const fields = {
  id: v.optional(uuidSchema),
  cidr: v.optional(textSchema),
  gateway: v.optional(textSchema),
  start: v.optional(textSchema),
  end: v.optional(textSchema),
  metadata: v.optional(anyObjectSchema),
  ...readOnly,
};

/** For POST and PATCH: conditions across members are checked by {@link defineSubnet} after the merge. */
export const subnetInputSchema = v.pipe(anyObjectSchema, v.strictObject(fields, objectMessage));
export type SubnetInput = v.InferOutput<typeof subnetInputSchema>;

/** A range of addresses; null: from the block's first host address, to its last, or no gateway. */
export interface SubnetFields {
  readonly cidr?: string | null | undefined;
  readonly gateway?: string | null | undefined;
  readonly start?: string | null | undefined;
  readonly end?: string | null | undefined;
}

export interface SubnetDefinition {
  readonly cidr: string;
  readonly gateway: string | null;
  readonly start: string;
  readonly end: string;
  /** The first of these addresses, as an offset in the block. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly gatewayOffset: number | null;
}

/** Throws a {@link Problem} 400 that names each invalid member. */
export function defineSubnet({ cidr, gateway, start, end }: SubnetFields): SubnetDefinition {
  const block = blockOf(cidr);
  const errors: MemberError[] = [];
  const read = (member: string, text: string | null | undefined): number | null => {
    if (text == null) return null;
    const offset = offsetOf(block, text);
    if (typeof offset === 'number') return offset;
    errors.push({ pointer: `/${member}`, detail: offset.wrong });
    return null;
  };
  const gatewayOffset = read('gateway', gateway);
  const startOffset = read('start', start) ?? firstHost(block);
  const endOffset = read('end', end) ?? lastHost(block, startOffset);
  if (errors.length === 0) errors.push(...rangeErrors(block, startOffset, endOffset, end == null));
  if (errors.length > 0) throw invalid(errors);
  return {
    cidr: block.cidr,
    gateway: gatewayOffset === null ? null : addressAt(block, gatewayOffset),
    start: addressAt(block, startOffset),
    end: addressAt(block, endOffset),
    startOffset,
    endOffset,
    gatewayOffset,
  };
}

function rangeErrors(block: Block, start: number, end: number, endIsUsual: boolean): MemberError[] {
  if (start > end) {
    return endIsUsual
      ? [{ pointer: '/start', detail: `is behind the last host address ${addressAt(block, end)}` }]
      : [{ pointer: '/end', detail: 'is before start' }];
  }
  return end - start < RANGE_MAX ? [] : [{ pointer: '/end', detail: 'makes a range of 2^53 addresses or more' }];
}

function blockOf(cidr: string | null | undefined): Block {
  if (cidr == null) throw invalid([{ pointer: '/cidr', detail: 'is missing' }]);
  const block = parseBlock(cidr);
  if (block === 'malformed') {
    throw invalid([{ pointer: '/cidr', detail: 'must be a block of addresses such as 10.1.0.0/16 or 2001:db8::/64' }]);
  }
  if (block === 'host bits') throw invalid([{ pointer: '/cidr', detail: 'has host bits that are not zero' }]);
  return block;
}

function offsetOf(block: Block, text: string): number | { readonly wrong: string } {
  const address = canonicalAddress(text);
  if (address === undefined) return { wrong: 'must be an IPv4 or IPv6 address' };
  const offset = offsetIn(block, address);
  if (offset === undefined) return { wrong: `is not in ${block.cidr}` };
  if (offset > BigInt(OFFSET_MAX)) return { wrong: `is 2^53 addresses or more behind the first of ${block.cidr}` };
  return Number(offset);
}

function invalid(errors: readonly MemberError[]): Problem {
  return new Problem('invalid', `${errors[0]?.pointer} ${errors[0]?.detail}`, { errors });
}

/** An address in a path or a body. */
export const addressSchema = v.pipe(
  v.string('must be a string'),
  v.rawTransform(({ dataset, addIssue, NEVER }): string => {
    const address = canonicalAddress(dataset.value);
    if (address !== undefined) return address;
    addIssue({ message: 'must be an IPv4 or IPv6 address' });
    return NEVER;
  }),
);

/** Null, as in weft's answers, or an empty string: no owner. */
const ownerSchema = v.pipe(
  v.nullable(v.string('must be a string'), ''),
  v.maxLength(255, 'must have at most 255 characters'),
  v.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control characters in it'),
);

/** A reservation: of this address, or of the lowest free one. */
export const reservationSchema = v.pipe(
  anyObjectSchema,
  v.strictObject(
    {
      address: v.optional(addressSchema),
      owner: v.optional(ownerSchema),
      reserved: v.optional(v.unknown()),
    },
    objectMessage,
  ),
);

export const subnetBodySchema = v.object({
  id: v.string(),
  cidr: v.nullable(v.string()),
  gateway: v.nullable(v.string()),
  start: v.nullable(v.string()),
  end: v.nullable(v.string()),
  metadata: anyObjectSchema,
  /** Number of free addresses; null: the subnet is not defined yet. */
  free: v.nullable(v.number()),
  reserved: v.number(),
  hypervisors: v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      interface: v.string(),
      state: v.picklist(associationStates),
      error: v.nullable(problemSchema),
    }),
  ),
});
export type SubnetBody = v.InferOutput<typeof subnetBodySchema>;

export const addressBodySchema = v.object({
  address: v.string(),
  owner: v.nullable(v.string()),
  /** Time of the reservation. */
  reserved: v.string(),
});
export type AddressBody = v.InferOutput<typeof addressBodySchema>;
