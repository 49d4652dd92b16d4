import { attribute, decodeAttributes, decodeText, type Message, type Request, textAttribute, word } from './codec.ts';
import {
  AF_INET6,
  AF_UNSPEC,
  IFA_F_DADFAILED,
  IFA_F_DEPRECATED,
  IFA_F_NODAD,
  IFA_F_PERMANENT,
  IFA_F_TEMPORARY,
  IFA_F_TENTATIVE,
  IFA_FLAGS,
  IFA_LABEL,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from './constants.ts';
import type { RouteSocket } from './socket.ts';

/* RTM_*ADDR requests and answers; rtnetlink(7), <linux/if_addr.h>. */

/** An address of a link, as the kernel reported it. */
export interface AddressRecord {
  index: number;
  family: number;
  /** IFA_F_*, from the attribute where there is one: the header has room for eight bits only. */
  flags: number;
  header: Buffer;
  attributes: ReadonlyMap<number, Buffer>;
}

const ADDRESS_HEADER = 8;
/** States that the kernel reports but determines itself. */
const STATE_FLAGS = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_PERMANENT | IFA_F_TEMPORARY;

/** All IPv4 and IPv6 addresses of the socket's namespace, in the kernel's order (primary ones first). */
export function readAddresses(socket: RouteSocket): AddressRecord[] {
  const header = Buffer.alloc(ADDRESS_HEADER);
  header.writeUInt8(AF_UNSPEC, 0);
  return socket.dump({ type: RTM_GETADDR, flags: 0, body: [header] }, decodeAddress, 'list addresses');
}

function decodeAddress(message: Message): AddressRecord | null {
  if (message.type !== RTM_NEWADDR || message.payload.length < ADDRESS_HEADER) return null;
  const payload = Buffer.from(message.payload);
  const attributes = decodeAttributes(payload.subarray(ADDRESS_HEADER));
  return {
    index: payload.readUInt32LE(4),
    family: payload.readUInt8(0),
    flags: attributes.get(IFA_FLAGS)?.readUInt32LE() ?? payload.readUInt8(2),
    header: payload.subarray(0, ADDRESS_HEADER),
    attributes,
  };
}

/** A privacy address (RFC 8981), which the kernel creates again itself. */
export function isTemporary(address: AddressRecord): boolean {
  return address.family === AF_INET6 && (address.flags & IFA_F_TEMPORARY) !== 0;
}

/**
 * Adds the address to the link with index `index`, without duplicate address detection (RFC 4862): the link that had it
 * before, with the same hardware address, has passed it. Lifetimes are kept.
 */
export function giveAddress(address: AddressRecord, index: number, label: string | null): Request {
  const kept = address.flags & ~STATE_FLAGS;
  const flags = address.family === AF_INET6 ? kept | IFA_F_NODAD : kept;
  const header = Buffer.from(address.header);
  header.writeUInt8(flags & 0xff, 2);
  header.writeUInt32LE(index, 4);
  const attributes = [...address.attributes]
    .filter(([type]) => type !== IFA_FLAGS && type !== IFA_LABEL)
    .map(([type, value]) => attribute(type, value));
  if (label !== null) attributes.push(textAttribute(IFA_LABEL, label));
  const body = [header, ...attributes, attribute(IFA_FLAGS, word(flags))];
  return { type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_REPLACE, body };
}

/** Removes the address from the link with index `index`. EADDRNOTAVAIL if the link does not have it. */
export function takeAddress(address: AddressRecord, index: number): Request {
  const header = Buffer.from(address.header);
  header.writeUInt32LE(index, 4);
  const attributes = [...address.attributes]
    .filter(([type]) => type !== IFA_LABEL)
    .map(([type, value]) => attribute(type, value));
  return { type: RTM_DELADDR, flags: 0, body: [header, ...attributes] };
}

/** The IPv4 label of the address when its link is renamed from `from` to `to`: `eth0:1` becomes `eth1:1`. */
export function renamedLabel(address: AddressRecord, from: string, to: string): string | null {
  const label = decodeText(address.attributes.get(IFA_LABEL));
  if (label === null) return null;
  const renamed = label.startsWith(`${from}:`) ? `${to}${label.slice(from.length)}` : to;
  // IFNAMSIZ applies to labels, too: the kernel would reject an address with a longer one.
  return Buffer.byteLength(renamed) > 15 ? to : renamed;
}
