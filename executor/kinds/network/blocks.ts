import { numberOf } from '../../../schema/addresses/address.ts';

/** A block of IPv4 addresses, as numbers. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The block that contains an address. */
export function rangeOf(address: string, prefix: number): Range {
  const size = 2 ** (32 - prefix);
  const number = Number(numberOf(address).value);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

export function overlaps(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}
