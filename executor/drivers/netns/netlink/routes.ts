import { attribute, decodeAttributes, decodeWord, type Message, type Request, wordAttribute } from './codec.ts';
import {
  AF_INET,
  AF_INET6,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  RTA_CACHEINFO,
  RTA_GATEWAY,
  RTA_MULTIPATH,
  RTA_NH_ID,
  RTA_OIF,
  RTA_VIA,
  RTM_F_CLONED,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTNH_F_ONLINK,
  RTPROT_BABEL,
  RTPROT_BGP,
  RTPROT_BIRD,
  RTPROT_EIGRP,
  RTPROT_ISIS,
  RTPROT_KERNEL,
  RTPROT_OSPF,
  RTPROT_RA,
  RTPROT_REDIRECT,
  RTPROT_RIP,
  RTPROT_ZEBRA,
} from './constants.ts';
import type { RouteSocket } from './socket.ts';

/* RTM_*ROUTE requests and answers; rtnetlink(7), <linux/rtnetlink.h>. */

/** A route, as the kernel reported it. */
export interface RouteRecord {
  /** Indexes of its links. */
  links: readonly number[];
  header: Buffer;
  attributes: ReadonlyMap<number, Buffer>;
}

const ROUTE_HEADER = 12;
const NEXT_HOP_HEADER = 8;

/**
 * Protocols whose routes are restored by others: by the kernel, or by a routing daemon. A daemon notices when its
 * interface is replaced; a route restored without its knowledge would stay after its reason is gone.
 */
const SELF_RESTORING: ReadonlySet<number> = new Set([
  RTPROT_REDIRECT,
  RTPROT_KERNEL,
  RTPROT_RA,
  RTPROT_ZEBRA,
  RTPROT_BIRD,
  RTPROT_BABEL,
  RTPROT_BGP,
  RTPROT_ISIS,
  RTPROT_OSPF,
  RTPROT_RIP,
  RTPROT_EIGRP,
]);

/** The IPv4 and IPv6 routes of the socket's namespace, of all tables, that nothing else would restore. */
export function readRoutes(socket: RouteSocket): RouteRecord[] {
  return [AF_INET, AF_INET6].flatMap((family) => {
    const header = Buffer.alloc(ROUTE_HEADER);
    header.writeUInt8(family, 0);
    const request = { type: RTM_GETROUTE, flags: 0, body: [header] };
    return socket.dump(request, (message) => decodeRoute(message, family), 'list routes');
  });
}

function decodeRoute(message: Message, family: number): RouteRecord | null {
  if (message.type !== RTM_NEWROUTE || message.payload.length < ROUTE_HEADER) return null;
  const payload = Buffer.from(message.payload);
  // If IPv6 is off the kernel answers with the routes of every family instead.
  if (payload.readUInt8(0) !== family) return null;
  if (SELF_RESTORING.has(payload.readUInt8(5)) || (payload.readUInt32LE(8) & RTM_F_CLONED) !== 0) return null;
  const attributes = decodeAttributes(payload.subarray(ROUTE_HEADER));
  const direct = decodeWord(attributes.get(RTA_OIF));
  const hops = nextHops(attributes.get(RTA_MULTIPATH)).map((hop) => hop.readInt32LE(4));
  return { links: direct === null ? hops : [direct, ...hops], header: payload.subarray(0, ROUTE_HEADER), attributes };
}

/** The `struct rtnexthop` entries of an RTA_MULTIPATH, each with its attributes. */
export function nextHops(paths: Buffer | undefined): Buffer[] {
  const hops: Buffer[] = [];
  let offset = 0;
  while (paths !== undefined && offset + NEXT_HOP_HEADER <= paths.length) {
    const length = paths.readUInt16LE(offset);
    if (length < NEXT_HOP_HEADER || offset + length > paths.length) break;
    hops.push(paths.subarray(offset, offset + length));
    offset += (length + 3) & ~3;
  }
  return hops;
}

/** Whether the route needs another one, to its gateway, to exist first. */
export function hasGateway({ attributes }: RouteRecord): boolean {
  return attributes.has(RTA_GATEWAY) || attributes.has(RTA_VIA) || attributes.has(RTA_MULTIPATH);
}

/** Adds the route again, over the links in `replaced` (old index to new). */
export function putRoute(route: RouteRecord, replaced: ReadonlyMap<number, number>): Request {
  const header = Buffer.from(route.header);
  header.writeUInt32LE(header.readUInt32LE(8) & RTNH_F_ONLINK, 8);
  const attributes = [...route.attributes].flatMap(([type, value]) => routeAttribute(type, value, replaced));
  // A multipath route may still exist with its other paths; any other one is gone, or an equal one is not this route.
  const flags = NLM_F_CREATE | (route.attributes.has(RTA_MULTIPATH) ? NLM_F_REPLACE : NLM_F_APPEND);
  return { type: RTM_NEWROUTE, flags, body: [header, ...attributes] };
}

function routeAttribute(type: number, value: Buffer, replaced: ReadonlyMap<number, number>): Buffer[] {
  switch (type) {
    // Next hop objects are deleted with their link; the route itself repeats their path.
    case RTA_NH_ID:
    case RTA_CACHEINFO:
      return [];
    case RTA_OIF:
      return [wordAttribute(type, substitute(value.readUInt32LE(), replaced))];
    case RTA_MULTIPATH:
      return [attribute(type, Buffer.concat(nextHops(value).map((hop) => replaceHop(hop, replaced))))];
    default:
      return [attribute(type, value)];
  }
}

function replaceHop(hop: Buffer, replaced: ReadonlyMap<number, number>): Buffer {
  const patched = Buffer.alloc((hop.length + 3) & ~3);
  hop.copy(patched);
  patched.writeUInt8(patched.readUInt8(2) & RTNH_F_ONLINK, 2);
  patched.writeInt32LE(substitute(patched.readInt32LE(4), replaced), 4);
  return patched;
}

function substitute(index: number, replaced: ReadonlyMap<number, number>): number {
  return replaced.get(index) ?? index;
}
