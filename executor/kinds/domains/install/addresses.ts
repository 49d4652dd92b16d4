import { canonicalAddress, numberOf } from '../../../../schema/addresses/address.ts';

/** Prefixes to which a request of somebody else is not sent, with what a person calls them. */
const refused: readonly (readonly [string, number, string])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['224.0.0.0', 4, 'multicast'],
  ['255.255.255.255', 32, 'broadcast'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];

/** Prefixes of IPv6 addresses that stand for one of IPv4, and the bits after it (RFC 4291, RFC 6052, RFC 3056). */
const embedding: readonly (readonly [string, number, number])[] = [
  ['::ffff:0.0.0.0', 96, 0],
  ['::', 96, 0],
  ['64:ff9b::', 96, 0],
  ['2002::', 16, 80],
];

export interface AddressRule {
  /** Every address of this host. */
  readonly own: readonly string[];
  /** Config `install_allow_local`: then all are permitted. */
  readonly allowLocal: boolean;
}

/**
 * Why nothing is fetched from a host with these addresses; null if something may be. To be asked after each resolution of a
 * name, for the location and for each redirect, and the connection must be made to one of these very addresses: a name may
 * resolve to others a moment later.
 */
export function refusal(addresses: readonly string[], { own, allowLocal }: AddressRule): string | null {
  if (addresses.length === 0) return 'it has no address';
  if (allowLocal) return null;
  const numbers = own.flatMap(numberFrom);
  for (const address of addresses) {
    const [number] = numberFrom(address);
    const reason = number === undefined ? 'no address' : reasonAgainst(number, numbers);
    if (reason !== null) return `${address} is ${reason}`;
  }
  return null;
}

interface AddressNumber {
  readonly value: bigint;
  readonly bits: 32 | 128;
}

/** Without its zone, which `fe80::1%eth0` has. */
function numberFrom(address: string): AddressNumber[] {
  const canonical = canonicalAddress(address.replace(/%.*$/s, ''));
  return canonical === undefined ? [] : [numberOf(canonical)];
}

function reasonAgainst(number: AddressNumber, own: readonly AddressNumber[]): string | null {
  if (own.some((each) => isEqual(each, number))) return 'an address of the host itself';
  const [, , word] = refused.find(([prefix, length]) => isWithin(number, prefix, length)) ?? [];
  if (word !== undefined) return word;
  const embedded = embeddedIn(number);
  return embedded === null ? null : reasonAgainst(embedded, own);
}

function embeddedIn(number: AddressNumber): AddressNumber | null {
  const [, , shift] = embedding.find(([prefix, length]) => isWithin(number, prefix, length)) ?? [];
  return shift === undefined ? null : { value: BigInt.asUintN(32, number.value >> BigInt(shift)), bits: 32 };
}

function isEqual(one: AddressNumber, other: AddressNumber): boolean {
  return one.value === other.value && one.bits === other.bits;
}

function isWithin({ value, bits }: AddressNumber, prefix: string, length: number): boolean {
  const first = numberOf(prefix);
  const rest = BigInt(bits - length);
  return first.bits === bits && value >> rest === first.value >> rest;
}
