/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file reads numbers as the C library does, since what the processes let through follows from that.
 */

const PREFIXES: Readonly<Record<number, RegExp>> = {
  0: /^[\t-\r ]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))/,
  10: /^[\t-\r ]*([+-]?)()()([0-9]+)/,
  16: /^[\t-\r ]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)()()/,
};

/** A number and the rest of the text, as strtol returns them, or undefined without a number. */
function leading(text: string, base: 0 | 10 | 16): { value: bigint; rest: string } | undefined {
  const found = PREFIXES[base]?.exec(text);
  if (!found) return undefined;
  const [whole, sign, hexadecimal, octal, decimal] = found;
  const digits = hexadecimal ? `0x${hexadecimal}` : octal ? `0o${octal}` : (decimal ?? '0');
  const value = BigInt(digits);
  return { value: sign === '-' ? -value : value, rest: text.slice(whole.length) };
}

/** A whole text as an `int`, truncated to 32 bits, as the processes do. */
export function toInteger(text: string, base: 0 | 10 | 16 = 0): number | undefined {
  const found = leading(text, base);
  return found?.rest === '' ? Number(BigInt.asIntN(32, found.value)) : undefined;
}

/** As {@link toInteger}, without a sign: `-1` is 4294967295. */
export function toUnsigned(text: string): number | undefined {
  const found = leading(text, 0);
  return found?.rest === '' ? Number(BigInt.asUintN(32, found.value)) : undefined;
}

const MAC_BYTES = 6;

/**
 * A hardware address as a number with its first byte lowest. Any text is accepted: parsing stops at the first part that
 * is not a hexadecimal number, so that most invalid text is 0. Undefined with more than six parts or below zero.
 */
export function toHardwareAddress(text: string): bigint | undefined {
  let address = 0n;
  let count = 0;
  for (const part of text.split(':').filter((each) => each !== '')) {
    if (count >= MAC_BYTES) return undefined;
    const value = toInteger(part, 16);
    if (value === undefined) break;
    address |= BigInt(value) << BigInt(8 * count);
    count += 1;
  }
  return address < 0n ? undefined : address;
}

/** The six lowest bytes, `FA:16:3E:7D:CC:35`. */
export function formatHardwareAddress(address: bigint): string {
  return Array.from({ length: MAC_BYTES }, (_, index) =>
    ((address >> BigInt(8 * index)) & 0xffn).toString(16).toUpperCase().padStart(2, '0'),
  ).join(':');
}
