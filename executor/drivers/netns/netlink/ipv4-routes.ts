import type { Ipv4Route } from '../host-view.ts';
import { attribute, decodeAttributes, decodeWord, type Message, type Request, wordAttribute } from './codec.ts';
import {
  AF_INET,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTM_DELROUTE,
  RTM_F_CLONED,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_UNICAST,
} from './constants.ts';
import { decodeIpv4, encodeIpv4 } from './ipv4.ts';
import { nextHops } from './routes.ts';
import type { RouteSocket } from './socket.ts';

/* IPv4 routes of the main table; rtnetlink(7), <linux/rtnetlink.h>. */

/**
 * The protocol (`rtm_protocol`) of the routes that this driver makes, by which it recognises them: a number that
 * neither <linux/rtnetlink.h> nor the rt_protos of iproute2 and FRRouting assigns.
 */
export const ROUTE_PROTOCOL = 0x57;

const ROUTE_HEADER = 12;
const NEXT_HOP_HEADER = 8;

/** The IPv4 routes of the socket's namespace in the main table, in the kernel's order. */
export function readIpv4Routes(socket: RouteSocket): Ipv4Route[] {
  const header = Buffer.alloc(ROUTE_HEADER);
  header.writeUInt8(AF_INET, 0);
  return socket.dump({ type: RTM_GETROUTE, flags: 0, body: [header] }, decodeIpv4Route, 'list routes').flat();
}

/** Decodes an RTM_NEWROUTE, one entry for each next hop; null for any other message, family or table. */
export function decodeIpv4Route({ type, payload }: Message): Ipv4Route[] | null {
  if (type !== RTM_NEWROUTE || payload.length < ROUTE_HEADER || payload.readUInt8(0) !== AF_INET) return null;
  if ((payload.readUInt32LE(8) & RTM_F_CLONED) !== 0) return null;
  const attributes = decodeAttributes(payload.subarray(ROUTE_HEADER));
  // The header has room for the numbers of 256 tables.
  const table = decodeWord(attributes.get(RTA_TABLE)) ?? payload.readUInt8(4);
  if (table !== RT_TABLE_MAIN) return null;
  const route = {
    destination: decodeIpv4(attributes.get(RTA_DST)) ?? '0.0.0.0',
    prefix: payload.readUInt8(1),
    metric: decodeWord(attributes.get(RTA_PRIORITY)) ?? 0,
    protocol: payload.readUInt8(5),
    table,
  };
  const hops = nextHops(attributes.get(RTA_MULTIPATH));
  if (hops.length > 0) return hops.map((hop) => ({ ...route, ...decodeHop(hop) }));
  const gateway = decodeIpv4(attributes.get(RTA_GATEWAY));
  return [{ ...route, gateway, index: decodeWord(attributes.get(RTA_OIF)) }];
}

function decodeHop(hop: Buffer): Pick<Ipv4Route, 'gateway' | 'index'> {
  const attributes = decodeAttributes(hop.subarray(NEXT_HOP_HEADER));
  return { gateway: decodeIpv4(attributes.get(RTA_GATEWAY)), index: hop.readInt32LE(4) };
}

/** A default route of metric 0, in the main table; EEXIST if there is one. */
export function addDefaultRoute(gateway: string, index: number): Request {
  const body = [routeHeader(RT_SCOPE_UNIVERSE, RTN_UNICAST), gatewayAttribute(gateway), wordAttribute(RTA_OIF, index)];
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_EXCL, body };
}

/**
 * Removes the driver's own default route: the one via that gateway, if it is given, and over that link. ESRCH if there
 * is none.
 */
export function removeDefaultRoute(gateway: string | null, index: number | null = null): Request {
  const via = gateway === null ? [] : [gatewayAttribute(gateway)];
  const over = index === null ? [] : [wordAttribute(RTA_OIF, index)];
  return { type: RTM_DELROUTE, flags: 0, body: [routeHeader(RT_SCOPE_NOWHERE, 0), ...via, ...over] };
}

function gatewayAttribute(gateway: string): Buffer {
  return attribute(RTA_GATEWAY, encodeIpv4(gateway));
}

/** struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type, flags. */
function routeHeader(scope: number, type: number): Buffer {
  return Buffer.of(AF_INET, 0, 0, 0, RT_TABLE_MAIN, ROUTE_PROTOCOL, scope, type, 0, 0, 0, 0);
}
