import type { Addressing } from './host-view.ts';
import { readIpv4Addresses } from './netlink/ipv4-addresses.ts';
import { readIpv4Routes } from './netlink/ipv4-routes.ts';
import type { RouteSocket } from './netlink/socket.ts';
import { isArpStrict } from './strict-arp.ts';

/** IPv4 of the namespace that the calling thread is in, and the socket with it. */
export function readAddressing(socket: RouteSocket): Addressing {
  return { addresses: readIpv4Addresses(socket), routes: readIpv4Routes(socket), strictArp: isArpStrict() };
}
