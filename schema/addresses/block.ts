import { addressOf, canonicalAddress, numberOf } from './address.ts';

/** A block of addresses: its CIDR notation (RFC 4632, RFC 4291), its first address as a number, and its size. */
export interface Block {
  readonly cidr: string;
  readonly base: bigint;
  readonly bits: 32 | 128;
  /** 2 to the number of host bits. */
  readonly size: bigint;
}

/** Offsets are numbers of SQLite and JavaScript: addresses beyond this cannot be reserved. */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/** Maximum size of a range: its number of free addresses is such a number, too. */
export const RANGE_MAX = Number.MAX_SAFE_INTEGER;

/** Why a text is not a block. */
export type NoBlock = 'malformed' | 'host bits';

/** Parses `10.1.0.0/16` or `2001:db8::/64`; host bits must be zero. */
export function parseBlock(text: string): Block | NoBlock {
  const [, written = '', prefix = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = canonicalAddress(written);
  if (address === undefined) return 'malformed';
  const { value, bits } = numberOf(address);
  if (Number(prefix) > bits) return 'malformed';
  const size = 1n << BigInt(bits - Number(prefix));
  return value % size === 0n ? { cidr: `${address}/${prefix}`, base: value, bits, size } : 'host bits';
}

/** The offset of an address from the block's first; undefined: it is not in the block. */
export function offsetIn({ base, bits, size }: Block, address: string): bigint | undefined {
  const number = numberOf(address);
  const offset = number.value - base;
  return number.bits === bits && offset >= 0n && offset < size ? offset : undefined;
}

/** The address at this offset from the block's first. */
export function addressAt({ cidr, base, bits, size }: Block, offset: number): string {
  if (!Number.isSafeInteger(offset) || offset < 0 || BigInt(offset) >= size) {
    throw new RangeError(`${cidr} has no address at offset ${offset}`);
  }
  return addressOf(base + BigInt(offset), bits);
}

/**
 * The offset of the first address for hosts: IPv4 without the network's (but RFC 3021: a /31 has two hosts), IPv6
 * without the routers' anycast address (RFC 4291, section 2.6.1; RFC 6164: a /127 has none).
 */
export function firstHost({ size }: Block): number {
  return size <= 2n ? 0 : 1;
}

/** The offset of the last address for hosts: IPv4 without broadcast; limited to the largest range from `first`. */
export function lastHost({ bits, size }: Block, first: number): number {
  const last = bits === 32 && size > 2n ? size - 2n : size - 1n;
  const countable = BigInt(first) + BigInt(RANGE_MAX - 1);
  return Number([last, countable, BigInt(OFFSET_MAX)].reduce((least, limit) => (limit < least ? limit : least)));
}
