/** The text of an IPv4 address that is a whole number from 0 to 2^32 - 1. */
export function quadOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
