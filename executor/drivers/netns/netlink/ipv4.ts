/* IPv4 addresses as text and as the kernel has them: four bytes in network order. */

export const IPV4_BYTES = 4;

/** @param address in dotted notation, as `isIPv4` of node:net accepts it */
export function encodeIpv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** Null for a missing attribute, and for one of another length. */
export function decodeIpv4(value: Buffer | undefined): string | null {
  return value?.length === IPV4_BYTES ? value.join('.') : null;
}
