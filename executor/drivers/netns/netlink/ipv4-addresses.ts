import type { Ipv4Address } from '../host-view.ts';
import type { Ipv4Prefix } from '../requests.ts';
import { attribute, decodeAttributes, type Message, type Request } from './codec.ts';
import {
  AF_INET,
  IFA_ADDRESS,
  IFA_LOCAL,
  NDA_DST,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NTF_EXT_LEARNED,
  NTF_USE,
  RT_SCOPE_UNIVERSE,
  RTM_DELADDR,
  RTM_DELNEIGH,
  RTM_GETADDR,
  RTM_NEWADDR,
  RTM_NEWNEIGH,
} from './constants.ts';
import { decodeIpv4, encodeIpv4 } from './ipv4.ts';
import type { RouteSocket } from './socket.ts';

/* IPv4 addresses of links, and their announcement; rtnetlink(7), <linux/if_addr.h>, <linux/neighbour.h>. */

const ADDRESS_HEADER = 8;
const NEIGHBOUR_HEADER = 12;

/** All IPv4 addresses of the socket's namespace, in the kernel's order. */
export function readIpv4Addresses(socket: RouteSocket): Ipv4Address[] {
  const request = { type: RTM_GETADDR, flags: 0, body: [addressHeader({ index: 0, prefix: 0 })] };
  return socket.dump(request, decodeIpv4Address, 'list addresses');
}

/** Decodes an RTM_NEWADDR; null for any other message, and for other families. */
export function decodeIpv4Address({ type, payload }: Message): Ipv4Address | null {
  if (type !== RTM_NEWADDR || payload.length < ADDRESS_HEADER || payload.readUInt8(0) !== AF_INET) return null;
  const attributes = decodeAttributes(payload.subarray(ADDRESS_HEADER));
  // On a point-to-point link IFA_ADDRESS is the address of the other end.
  const address = decodeIpv4(attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS));
  if (address === null) return null;
  return { index: payload.readUInt32LE(4), address, prefix: payload.readUInt8(1), scope: payload.readUInt8(3) };
}

/** Adds the address to the link, or leaves it there. */
export function addIpv4Address(index: number, address: Ipv4Prefix): Request {
  return { type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_REPLACE, body: addressBody(index, address) };
}

/** Removes the address. EADDRNOTAVAIL if the link does not have it with this prefix. */
export function removeIpv4Address(index: number, address: Ipv4Prefix): Request {
  return { type: RTM_DELADDR, flags: 0, body: addressBody(index, address) };
}

function addressBody(index: number, { address, prefix }: Ipv4Prefix): Buffer[] {
  const encoded = encodeIpv4(address);
  return [addressHeader({ index, prefix }), attribute(IFA_LOCAL, encoded), attribute(IFA_ADDRESS, encoded)];
}

/** struct ifaddrmsg: family, prefix, flags, scope, index. */
function addressHeader({ index, prefix }: { readonly index: number; readonly prefix: number }): Buffer {
  const header = Buffer.alloc(ADDRESS_HEADER);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt8(RT_SCOPE_UNIVERSE, 3);
  header.writeUInt32LE(index, 4);
  return header;
}

/**
 * Makes the kernel broadcast an ARP announcement (RFC 5227, 2.3) of an address that the link has, right after it was
 * added in the same system call: a neighbour entry of the address itself that is to be used is resolved at once, with a
 * request whose sender is, with arp_announce 2, the link's own address in that network (`arp_solicit`). The entry is
 * removed again. It is marked as learned elsewhere since such entries do not count towards the limit of the table.
 * Unlike a packet socket of the namespace, whose closing may cost a grace period of the kernel, this needs nothing else.
 */
export function announceIpv4Address(index: number, address: string): Request[] {
  const body = neighbour(index, address, NTF_USE | NTF_EXT_LEARNED);
  return [
    { type: RTM_NEWNEIGH, flags: NLM_F_CREATE | NLM_F_REPLACE, body },
    { type: RTM_DELNEIGH, flags: 0, body },
  ];
}

/** Deletes the entry of a neighbour. */
export function forgetNeighbour(index: number, address: string): Request {
  return { type: RTM_DELNEIGH, flags: 0, body: neighbour(index, address, 0) };
}

function neighbour(index: number, address: string, flags: number): Buffer[] {
  const header = Buffer.alloc(NEIGHBOUR_HEADER);
  header.writeUInt8(AF_INET, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt8(flags, 10);
  return [header, attribute(NDA_DST, encodeIpv4(address))];
}
