import type { Link } from '../driver.ts';
import {
  attribute,
  byteAttribute,
  decodeAttributes,
  decodeText,
  type Message,
  nested,
  type Request,
  textAttribute,
  textBetween,
  visitAttributes,
  wordAttribute,
} from './codec.ts';
import {
  AF_INET6,
  AF_UNSPEC,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_BR_STP_STATE,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IN6_ADDR_GEN_MODE_NONE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTEXT_FILTER_SKIP_STATS,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
  VETH_INFO_PEER,
} from './constants.ts';
import type { RouteSocket } from './socket.ts';

/* RTM_*LINK requests and answers; rtnetlink(7), <linux/if_link.h>. */

/** A link with its group, which `ip link … group` sets. */
export interface LinkRecord extends Link {
  group: number;
}

/** A bridge or an end of a veth pair to create. Indexes are unused ones that the caller chose. */
export interface NewLink {
  index: number;
  name: string;
  mac: string;
}

const INTERFACE_HEADER = 16;
const MAC_BYTES = 6;
const KIND: ReadonlySet<number> = new Set([IFLA_INFO_KIND]);

interface HeaderFields {
  index?: number;
  flags?: number;
  change?: number;
}

function interfaceHeader({ index = 0, flags = 0, change = 0 }: HeaderFields): Buffer {
  const header = Buffer.alloc(INTERFACE_HEADER);
  header.writeUInt8(AF_UNSPEC, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

export function readLinks(socket: RouteSocket, attempts?: number): LinkRecord[] {
  const request = { type: RTM_GETLINK, flags: 0, body: [interfaceHeader({}), withoutStatistics()] };
  return socket.dump(request, decodeLink, 'list links', attempts);
}

/** The link of that name in the socket's namespace, or null. */
export function readLink(socket: RouteSocket, name: string): LinkRecord | null {
  return socket.get([askByName(name)], decodeLink, `look up link ${name}`)[0] ?? null;
}

/** The links with these names and indexes that exist in the socket's namespace, each as often as it is requested. */
export function readSome(socket: RouteSocket, wanted: readonly (string | number)[]): LinkRecord[] {
  const requests = wanted.map((one) => (typeof one === 'string' ? askByName(one) : askByIndex(one)));
  return socket.get(requests, decodeLink, 'look up links');
}

function askByName(name: string): Request {
  const body = [interfaceHeader({}), withoutStatistics(), textAttribute(IFLA_IFNAME, name)];
  return { type: RTM_GETLINK, flags: 0, body };
}

function askByIndex(index: number): Request {
  return { type: RTM_GETLINK, flags: 0, body: [interfaceHeader({ index }), withoutStatistics()] };
}

function withoutStatistics(): Buffer {
  return wordAttribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

/**
 * Decodes an RTM_NEWLINK; null for any other message. The result holds no reference to the message's bytes. A host has
 * thousands of links, each with some sixty attributes: only the needed ones are decoded.
 */
export function decodeLink(message: Message): LinkRecord | null {
  const { payload } = message;
  if (message.type !== RTM_NEWLINK || payload.length < INTERFACE_HEADER) return null;
  const link: LinkRecord = {
    index: payload.readInt32LE(4),
    name: '',
    alias: null,
    kind: null,
    mac: null,
    mtu: NOT_TOLD,
    up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
    master: null,
    peer: null,
    group: 0,
  };
  visitAttributes(payload, INTERFACE_HEADER, (type, first, end) => take(link, type, payload, first, end));
  if (link.kind !== 'veth') link.peer = null;
  // An event of the wireless extensions contains only the name of the link.
  return link.mtu === NOT_TOLD ? null : link;
}

const NOT_TOLD = -1;

function take(link: LinkRecord, type: number, payload: Buffer, first: number, end: number): void {
  switch (type) {
    case IFLA_ADDRESS:
      link.mac = decodeMac(payload, first, end);
      return;
    case IFLA_IFNAME:
      link.name = textBetween(payload, first, end);
      return;
    case IFLA_IFALIAS:
      link.alias = textBetween(payload, first, end);
      return;
    case IFLA_MTU:
      link.mtu = payload.readUInt32LE(first);
      return;
    case IFLA_LINK:
      link.peer = payload.readUInt32LE(first) || null;
      return;
    case IFLA_MASTER:
      link.master = payload.readUInt32LE(first);
      return;
    case IFLA_GROUP:
      link.group = payload.readUInt32LE(first);
      return;
    case IFLA_LINKINFO:
      link.kind = decodeKind(payload.subarray(first, end));
      return;
  }
}

const NAMES: ReadonlySet<number> = new Set([IFLA_IFNAME, IFLA_IFALIAS]);

/** The name and the alias of the link of an RTM_NEWLINK or RTM_DELLINK; null if it has none. */
export function decodeNames({ payload }: Message): { name: string | null; alias: string | null } {
  if (payload.length < INTERFACE_HEADER) return { name: null, alias: null };
  const attributes = decodeAttributes(payload.subarray(INTERFACE_HEADER), NAMES);
  return { name: decodeText(attributes.get(IFLA_IFNAME)), alias: decodeText(attributes.get(IFLA_IFALIAS)) };
}

/** The content of an event; `link` is null for a deleted one. */
export interface LinkEvent {
  readonly index: number;
  readonly link: LinkRecord | null;
}

/** Decodes an RTM_NEWLINK or RTM_DELLINK of a link itself; null for others, such as those about ports of a bridge. */
export function decodeEvent(message: Message): LinkEvent | null {
  const { type, payload } = message;
  if ((type !== RTM_NEWLINK && type !== RTM_DELLINK) || payload.length < INTERFACE_HEADER) return null;
  if (payload.readUInt8(0) !== AF_UNSPEC) return null;
  const index = payload.readInt32LE(4);
  if (type === RTM_DELLINK) return { index, link: null };
  const link = decodeLink(message);
  return link === null ? null : { index, link };
}

function decodeKind(info: Buffer): string | null {
  return decodeText(decodeAttributes(info, KIND).get(IFLA_INFO_KIND));
}

function decodeMac(payload: Buffer, first: number, end: number): string | null {
  if (end - first !== MAC_BYTES) return null;
  const digits = payload.toString('hex', first, end);
  return `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6, 8)}:${digits.slice(8, 10)}:${digits.slice(10)}`;
}

function encodeMac(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function creation(fields: HeaderFields, ...attributes: readonly Buffer[]): Request {
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body: [interfaceHeader(fields), ...attributes] };
}

function change(fields: HeaderFields, ...attributes: readonly Buffer[]): Request {
  return { type: RTM_SETLINK, flags: 0, body: [interfaceHeader(fields), ...attributes] };
}

/** Creates a bridge without spanning tree, down. */
export function newBridge({ index, name, mac }: NewLink): Request {
  return creation(
    { index },
    textAttribute(IFLA_IFNAME, name),
    attribute(IFLA_ADDRESS, encodeMac(mac)),
    nested(
      IFLA_LINKINFO,
      textAttribute(IFLA_INFO_KIND, 'bridge'),
      nested(IFLA_INFO_DATA, wordAttribute(IFLA_BR_STP_STATE, 0)),
    ),
  );
}

/**
 * Creates a veth pair, down: `near` in the socket's namespace, as a port of the bridge with index `master` (0: of
 * none), and `far` in the namespace that the descriptor `farNamespace` refers to. The kernel accepts a master for the
 * near end only, and an alias for neither (`rtnl_newlink_create`).
 */
export function newVeth(near: NewLink, master: number, far: NewLink, farNamespace: number): Request {
  return creation(
    { index: near.index },
    textAttribute(IFLA_IFNAME, near.name),
    attribute(IFLA_ADDRESS, encodeMac(near.mac)),
    ...(master === 0 ? [] : [wordAttribute(IFLA_MASTER, master)]),
    nested(
      IFLA_LINKINFO,
      textAttribute(IFLA_INFO_KIND, 'veth'),
      nested(
        IFLA_INFO_DATA,
        attribute(
          VETH_INFO_PEER,
          Buffer.concat([
            interfaceHeader({ index: far.index }),
            textAttribute(IFLA_IFNAME, far.name),
            attribute(IFLA_ADDRESS, encodeMac(far.mac)),
            wordAttribute(IFLA_NET_NS_FD, farNamespace),
          ]),
        ),
      ),
    ),
  );
}

export function setAlias(index: number, alias: string): Request {
  return change({ index }, attribute(IFLA_IFALIAS, Buffer.from(alias)));
}

export function setName(index: number, name: string): Request {
  return change({ index }, textAttribute(IFLA_IFNAME, name));
}

/** Sets the hardware address. A bridge keeps one that was set, whatever its ports have (`br_stp_recalculate_bridge_id`). */
export function setMac(index: number, mac: string): Request {
  return change({ index }, attribute(IFLA_ADDRESS, encodeMac(mac)));
}

export function setUp(index: number, up: boolean): Request {
  return change({ index, flags: up ? IFF_UP : 0, change: IFF_UP });
}

/** Makes the link a port of the bridge with index `master`; 0 removes it from its bridge. */
export function setMaster(index: number, master: number): Request {
  return change({ index }, wordAttribute(IFLA_MASTER, master));
}

export function setGroup(index: number, group: number): Request {
  return change({ index }, wordAttribute(IFLA_GROUP, group));
}

/** Disables the link-local IPv6 address of the link. EAFNOSUPPORT if IPv6 is off. */
export function setNoIpv6Address(index: number): Request {
  const mode = byteAttribute(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  return change({ index }, nested(IFLA_AF_SPEC, nested(AF_INET6, mode)));
}

export function deleteLink(index: number): Request {
  return { type: RTM_DELLINK, flags: 0, body: [interfaceHeader({ index })] };
}

/** Deletes every link of the socket's namespace that is in the group; ENODEV if none is. */
export function deleteGroup(group: number): Request {
  return { type: RTM_DELLINK, flags: 0, body: [interfaceHeader({}), wordAttribute(IFLA_GROUP, group)] };
}
