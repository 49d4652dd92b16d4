/** Names on the host, and the labels of what weft makes. Pure: no Node module. */

/** The longest name a link may have, in bytes: IFNAMSIZ − 1 of linux/if.h. */
export const LINK_NAME_MAX = 15;

/** Of a shortened container name: leaves room for `.<n>o` with n up to 999. */
const SHORT_NAME_MAX = 10;

const HASH_LENGTH = 6;

/** Invalid as names of links: `lo` exists in every namespace, `all` and `default` are directories of /proc/sys/net. */
const impossibleLinkNames: ReadonlySet<string> = new Set(['lo', 'all', 'default']);

/**
 * The link name of an id: the id itself, or if that is not a valid link name a prefix and a hash, which is
 * deterministic.
 */
export function linkName(id: string): string {
  return id.length <= LINK_NAME_MAX && !impossibleLinkNames.has(id) ? id : shorten(id, LINK_NAME_MAX);
}

/** The prefix of a container's link names if the container's whole name does not fit. */
export function shortName(id: string): string {
  return id.length <= SHORT_NAME_MAX ? id : shorten(id, SHORT_NAME_MAX);
}

/** `~` is not allowed in ids, so a shortened name never collides with an id. */
function shorten(id: string, length: number): string {
  return `${id.slice(0, length - HASH_LENGTH - 1)}~${base36(hash(id), HASH_LENGTH)}`;
}

/** The prefix of every label of one database. */
export function labelPrefix(database: string): string {
  return `weft:${database}/`;
}

/** The label of an object on the host: its database, and its resource. */
export function label(database: string, resource: string): string {
  return `${labelPrefix(database)}${resource}`;
}

/** The resource of a label with this `prefix`; a resource's id is followed by a blank or nothing. */
export function labelledResource(text: string, prefix: string): string | null {
  if (!text.startsWith(prefix)) return null;
  const end = text.indexOf(' ', prefix.length);
  return text.slice(prefix.length, end < 0 ? undefined : end);
}

/**
 * The hardware address of one end of a link: locally administered, unicast, and deterministic for a key, so that a link
 * that is created again keeps its address for its neighbours.
 */
export function hardwareAddress(key: string): string {
  const bits = hash(key);
  const octets = [0x02, ...Array.from({ length: 5 }, (_, octet) => Number((bits >> BigInt(8 * octet)) & 0xffn))];
  return octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

function base36(bits: bigint, length: number): string {
  return (bits % 36n ** BigInt(length)).toString(36).padStart(length, '0');
}

const encoder = new TextEncoder();

/** The prime of FNV's 64 bits is 2 ** 40 + this. */
const PRIME_LOW = 0x1b3;

/**
 * FNV-1a, 64 bit: names need distribution, not secrecy, and a Worker's only other hash is asynchronous. In two halves:
 * a bigint for each octet takes ten times as long, and an import has tens of thousands of names.
 */
function hash(text: string): bigint {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const octet of encoder.encode(text)) {
    low = (low ^ octet) >>> 0;
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return mix((BigInt(high) << 32n) | BigInt(low));
}

/** The last octets affect only FNV's high bits: this mixes every input bit into each bit of the output. */
function mix(bits: bigint): bigint {
  let mixed = BigInt.asUintN(64, (bits ^ (bits >> 33n)) * 0xff51afd7ed558ccdn);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}
