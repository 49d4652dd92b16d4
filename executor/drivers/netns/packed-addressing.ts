import type { Addressing, Ipv4Address, Ipv4Route } from './host-view.ts';
import { encodeIpv4 } from './netlink/ipv4.ts';

/*
 * The addressing of many namespaces as one list of numbers, for packed-view.ts: for each place a word that says whether
 * there is any, and then whether ARP is strict, the numbers of addresses and of routes, and these, one after another.
 */

const ABSENT = 0;
const LAX = 1;
const STRICT = 2;

/** Null if there is none at any place. */
export function packAddressing(places: readonly (Addressing | null)[]): Uint32Array | null {
  if (places.every((place) => place === null)) return null;
  return Uint32Array.from(places.flatMap((place) => (place === null ? [ABSENT] : pack(place))));
}

function pack({ addresses, routes, strictArp }: Addressing): number[] {
  return [
    strictArp ? STRICT : LAX,
    addresses.length,
    ...addresses.flatMap(({ index, address, prefix, scope }) => [index, numberOf(address), prefix, scope]),
    routes.length,
    ...routes.flatMap(packRoute),
  ];
}

/** No link has the index 0, no gateway the address 0.0.0.0. */
function packRoute({ destination, prefix, gateway, index, metric, protocol, table }: Ipv4Route): number[] {
  const via = gateway === null ? 0 : numberOf(gateway);
  return [numberOf(destination), prefix, via, index ?? 0, metric, protocol, table];
}

/** One entry for each place; none at all if there was none. */
export function unpackAddressing(packed: Uint32Array | null): (Addressing | null)[] {
  if (packed === null) return [];
  const numbers = new Numbers(packed);
  const places: (Addressing | null)[] = [];
  while (!numbers.isAtEnd()) places.push(unpack(numbers));
  return places;
}

function unpack(numbers: Numbers): Addressing | null {
  const kind = numbers.next();
  if (kind === ABSENT) return null;
  const addresses = Array.from({ length: numbers.next() }, () => unpackAddress(numbers));
  const routes = Array.from({ length: numbers.next() }, () => unpackRoute(numbers));
  return { addresses, routes, strictArp: kind === STRICT };
}

function unpackAddress(numbers: Numbers): Ipv4Address {
  const index = numbers.next();
  return { index, address: textOf(numbers.next()), prefix: numbers.next(), scope: numbers.next() };
}

function unpackRoute(numbers: Numbers): Ipv4Route {
  const destination = textOf(numbers.next());
  const prefix = numbers.next();
  const via = numbers.next();
  return {
    destination,
    prefix,
    gateway: via === 0 ? null : textOf(via),
    index: numbers.next() || null,
    metric: numbers.next(),
    protocol: numbers.next(),
    table: numbers.next(),
  };
}

/** A position in a list of numbers. */
class Numbers {
  readonly #numbers: Uint32Array;
  #position = 0;

  constructor(numbers: Uint32Array) {
    this.#numbers = numbers;
  }

  isAtEnd(): boolean {
    return this.#position >= this.#numbers.length;
  }

  next(): number {
    const number = this.#numbers[this.#position] ?? 0;
    this.#position += 1;
    return number;
  }
}

function numberOf(address: string): number {
  return encodeIpv4(address).readUInt32BE();
}

function textOf(number: number): string {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join('.');
}
