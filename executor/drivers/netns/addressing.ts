import type { Addressing } from './host-view.ts';
import { readIpv4Addresses } from './netlink/ipv4-addresses.ts';
import { readIpv4Routes } from './netlink/ipv4-routes.ts';
import type { RouteSocket } from './netlink/socket.ts';
import { isArpStrict } from './strict-arp.ts';
import type { HostNamespace } from './thread.ts';

/** IPv4 of the namespace that `descriptor` refers to; null: of the host's. */
export function readAddressing(host: HostNamespace, descriptor: number | null): Addressing {
  if (descriptor === null) return { ...read(host.socket), strictArp: isArpStrict() };
  return { ...host.inside(descriptor, read), strictArp: host.visit(descriptor, isArpStrict) };
}

function read(socket: RouteSocket): Omit<Addressing, 'strictArp'> {
  return { addresses: readIpv4Addresses(socket), routes: readIpv4Routes(socket) };
}
