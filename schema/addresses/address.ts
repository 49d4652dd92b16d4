import ipaddr from 'ipaddr.js';

/** The canonical text of an IPv4 or IPv6 address (RFC 5952), without a zone; undefined: it is none. */
export function canonicalAddress(text: string): string | undefined {
  // Octal, short and hexadecimal forms mean other addresses elsewhere.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toString();
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text).toRFC5952String();
}

/** 48 bits, `:` or `-` between them, in lower case with `:`; undefined: it is none. */
export function canonicalMac(text: string): string | undefined {
  const isMac = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text);
  return isMac ? text.toLowerCase().replaceAll('-', ':') : undefined;
}

/** The address as a number, and how many bits it has. The text must be canonical. */
export function numberOf(address: string): { readonly value: bigint; readonly bits: 32 | 128 } {
  const bytes = ipaddr.parse(address).toByteArray();
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { value, bits: bytes.length === 4 ? 32 : 128 };
}

export function addressOf(value: bigint, bits: 32 | 128): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 - index * 8)) & 0xffn));
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
