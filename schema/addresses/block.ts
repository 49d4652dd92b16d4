import { addressOf, canonicalAddress, numberOf } from './address.ts';

/** A block of addresses: its CIDR notation (RFC 4632, RFC 4291), its first address as a number, and its size. */
export interface Block {
  readonly cidr: string;
  readonly base: bigint;
  readonly bits: 32 | 128;
  /** 2 to the number of host bits. */
  readonly size: bigint;
}

/** Offsets are numbers of SQLite and JavaScript: what lies behind them cannot be handed out. */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER;

/** Why a text is no block. */
export type NoBlock = 'malformed' | 'host bits';

/** Reads `10.1.0.0/16` or `2001:db8::/64`; host bits must be zero. */
export function parseBlock(text: string): Block | NoBlock {
  const [, written = '', prefix = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = canonicalAddress(written);
  if (address === undefined) return 'malformed';
  const { value, bits } = numberOf(address);
  if (Number(prefix) > bits) return 'malformed';
  const size = 1n << BigInt(bits - Number(prefix));
  return value % size === 0n ? { cidr: `${address}/${prefix}`, base: value, bits, size } : 'host bits';
}

/** How far an address is from the block's first; undefined: it is not in the block. */
export function offsetIn({ base, bits, size }: Block, address: string): bigint | undefined {
  const number = numberOf(address);
  const offset = number.value - base;
  return number.bits === bits && offset >= 0n && offset < size ? offset : undefined;
}

export function addressAt({ base, bits }: Block, offset: number): string {
  return addressOf(base + BigInt(offset), bits);
}

/**
 * The offsets of the first and the last address for hosts: IPv4 without network and broadcast (but RFC 3021: a /31 has
 * two hosts), IPv6 without the routers' anycast address (RFC 4291, section 2.6.1).
 */
export function hostOffsets({ bits, size }: Block): { readonly first: number; readonly last: number } {
  const last = size - 1n > BigInt(OFFSET_MAX) ? OFFSET_MAX : Number(size - 1n);
  if (size <= 2n) return { first: 0, last };
  return bits === 32 ? { first: 1, last: last - 1 } : { first: 1, last };
}
