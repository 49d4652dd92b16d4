import ipaddr from 'ipaddr.js';

/** Length of an IPv6 address with every digit and a dotted quad at its end. */
const TEXT_MAX = 45;

/** The canonical text of an IPv4 or IPv6 address (RFC 5952), without a zone; undefined if it is not an address. */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > TEXT_MAX) return undefined;
  if (isQuad(text)) return text;
  const groups = inGroups(text);
  return groups !== undefined && ipaddr.IPv6.isValid(groups) ? textOf(ipaddr.IPv6.parse(groups)) : undefined;
}

/** Four decimal numbers: other programs interpret octal, short and hexadecimal forms differently. */
function isQuad(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/**
 * IPv6 without the dotted quad that may end it: the library would parse `::1.2.3.4` as `::ffff:1.2.3.4`, and accept
 * numbers in octal. Undefined if it is not an address.
 */
function inGroups(text: string): string | undefined {
  if (text.includes('%')) return undefined;
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const quad = text.slice(start);
  if (start === 0 || !isQuad(quad)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(quad).octets;
  return `${text.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** RFC 5952, with the quad of its section 5 if the prefix indicates one. */
function textOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.isIPv4MappedAddress() ? `::ffff:${address.toIPv4Address()}` : address.toRFC5952String();
}

/** 48 bits, separated by `:` or `-`, in lower case with `:`; undefined if it is not an address. */
export function canonicalMac(text: string): string | undefined {
  const isMac = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text);
  return isMac ? text.toLowerCase().replaceAll('-', ':') : undefined;
}

/** The address as a number, and its number of bits. The text must be canonical. */
export function numberOf(address: string): { readonly value: bigint; readonly bits: 32 | 128 } {
  const bytes = ipaddr.parse(address).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { value, bits: bytes.length === 4 ? 32 : 128 };
}

/** The canonical text of a number that {@link numberOf} gives. */
export function addressOf(value: bigint, bits: 32 | 128): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 - index * 8)) & 0xffn));
  return textOf(ipaddr.fromByteArray(bytes));
}
