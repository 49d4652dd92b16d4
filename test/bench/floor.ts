import { closeSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import type { Request } from '../../executor/drivers/netns/netlink/codec.ts';
import { addIpv4Address } from '../../executor/drivers/netns/netlink/ipv4-addresses.ts';
import { addDefaultRoute } from '../../executor/drivers/netns/netlink/ipv4-routes.ts';
import {
  deleteGroup,
  deleteLink,
  newBridge,
  newVeth,
  setAlias,
  setGroup,
  setNoIpv6Address,
  setUp,
} from '../../executor/drivers/netns/netlink/links.ts';
import { nameForListeners } from '../../executor/drivers/netns/netlink/namespace-ids.ts';
import { RouteSocket, throwUnlessAccepted } from '../../executor/drivers/netns/netlink/socket.ts';
import {
  bindFile,
  bindOntoItself,
  detachMount,
  enterNamespace,
  enterNewNamespace,
  makeShared,
} from '../../executor/drivers/netns/syscalls.ts';

/*
 * The time of the kernel alone for one network: the fewest calls that make namespaces under names with `lo` up, a
 * bridge, and a veth from each namespace into it, both ends up. Nothing is observed or undone, and no port is set up
 * before the last is made, which is the fastest known order. It is the lower bound for weft. With `labelled` the calls
 * are also those for what each of weft's networks has: labels, ids of namespaces by which others hear of changes in
 * them, and ports without IPv6 addresses.
 */

const DIRECTORY = '/run/netns';
const BRIDGE_INDEX = 1_000_000;
const LOOPBACK_INDEX = 1;
/** RFC 2544 reserves it for benchmarks. */
const GATEWAY = '198.18.0.1';
const PREFIX = 15;
/** As long as those of containers in a pool. */
const LABEL = 'weft:0123abcd/hypervisors/local/containers/p-100 eth0';

export interface BareTimes {
  /** In milliseconds. */
  readonly namespaces: number;
  readonly veths: number;
  readonly up: number;
  readonly made: number;
  readonly removed: number;
}

export interface BareOptions {
  readonly containers: number;
  /** Number of messages to the kernel in one system call. */
  readonly together: number;
  /** Also gives each namespace an address and a default route. */
  readonly addressed?: boolean;
  /** Also labels everything, as weft does. */
  readonly labelled?: boolean;
}

interface BareNamespace {
  readonly path: string;
  readonly descriptor: number;
  readonly socket: RouteSocket;
}

/** Creates a network and removes it again. */
export function bareNetwork({ containers, together, addressed = false, labelled = false }: BareOptions): BareTimes {
  prepareDirectory();
  const home = openSync('/proc/thread-self/ns/net', 'r');
  using host = RouteSocket.open();
  const numbers = Array.from({ length: containers }, (_, number) => number);
  const began = performance.now();
  const namespaces = numbers.map((number) => makeNamespace(home, number));
  const afterNamespaces = performance.now();
  if (labelled) for (const namespace of namespaces) labelNamespace(host, namespace);
  send(host, [newBridge({ index: BRIDGE_INDEX, name: 'bare', mac: mac(0, 0) })], together);
  const veths = numbers.map((number) => veth(number, namespaces[number]?.descriptor ?? -1));
  send(host, veths, together);
  if (labelled) labelVeths(host, namespaces, together);
  const afterVeths = performance.now();
  for (const [number, { socket }] of namespaces.entries()) send(socket, [setUp(inside(number), true)], together);
  send(host, [...numbers.map((number) => setUp(port(number), true)), setUp(BRIDGE_INDEX, true)], together);
  if (addressed) {
    send(host, [addIpv4Address(BRIDGE_INDEX, { address: GATEWAY, prefix: PREFIX })], together);
    for (const [number, { socket }] of namespaces.entries()) send(socket, addressing(number), together);
  }
  const afterUp = performance.now();
  const group = 77;
  send(host, [...numbers.map((number) => setGroup(port(number), group)), deleteGroup(group)], containers + 1);
  send(host, [deleteLink(BRIDGE_INDEX)], together);
  for (const namespace of namespaces) removeNamespace(namespace);
  const end = performance.now();
  closeSync(home);
  return {
    namespaces: afterNamespaces - began,
    veths: afterVeths - afterNamespaces,
    up: afterUp - afterVeths,
    made: afterUp - began,
    removed: end - afterUp,
  };
}

function prepareDirectory(): void {
  mkdirSync(DIRECTORY, { recursive: true });
  if (makeShared(DIRECTORY)) return;
  bindOntoItself(DIRECTORY);
  makeShared(DIRECTORY);
}

function makeNamespace(home: number, number: number): BareNamespace {
  enterNewNamespace('make a namespace');
  const descriptor = openSync('/proc/thread-self/ns/net', 'r');
  const socket = RouteSocket.open();
  enterNamespace(home);
  socket.request(setUp(LOOPBACK_INDEX, true), 'set lo up');
  const path = `${DIRECTORY}/bare${number}`;
  closeSync(openSync(path, 'wx'));
  bindFile(`/proc/self/fd/${descriptor}`, path, 'mount a namespace');
  return { path, descriptor, socket };
}

function labelNamespace(host: RouteSocket, { descriptor, socket }: BareNamespace): void {
  nameForListeners(host, [descriptor]);
  socket.request(setAlias(LOOPBACK_INDEX, LABEL), 'label lo');
}

function labelVeths(host: RouteSocket, namespaces: readonly BareNamespace[], together: number): void {
  const ports = namespaces.map((_, number) => port(number));
  send(
    host,
    [setAlias(BRIDGE_INDEX, LABEL), ...ports.flatMap((index) => [setAlias(index, LABEL), setNoIpv6Address(index)])],
    together,
  );
  for (const [number, { socket }] of namespaces.entries()) send(socket, [setAlias(inside(number), LABEL)], together);
}

function removeNamespace({ path, descriptor, socket }: BareNamespace): void {
  detachMount(path);
  unlinkSync(path);
  socket[Symbol.dispose]();
  closeSync(descriptor);
}

function veth(number: number, namespace: number): Request {
  const near = { index: port(number), name: `bare${number}`, mac: mac(1, number) };
  const far = { index: inside(number), name: 'eth0', mac: mac(2, number) };
  return newVeth(near, BRIDGE_INDEX, far, namespace);
}

function addressing(number: number): Request[] {
  const place = number + 10;
  const address = `198.18.${Math.floor(place / 256)}.${place % 256}`;
  return [addIpv4Address(inside(number), { address, prefix: PREFIX }), addDefaultRoute(GATEWAY, inside(number))];
}

function send(socket: RouteSocket, requests: readonly Request[], together: number): void {
  for (let first = 0; first < requests.length; first += together) {
    const acknowledgements = socket.batch(requests.slice(first, first + together), 'make a bare network');
    for (const acknowledgement of acknowledgements) throwUnlessAccepted(acknowledgement, 'make a bare network');
  }
}

function port(number: number): number {
  return BRIDGE_INDEX + 2 * number + 2;
}

function inside(number: number): number {
  return port(number) + 1;
}

/** A locally administered address. */
export function mac(kind: number, number: number): string {
  const digits = number.toString(16).padStart(6, '0');
  return ['02', kind.toString(16).padStart(2, '0'), '00', ...(digits.match(/../g) ?? [])].join(':');
}
