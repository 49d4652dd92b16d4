import { isIPv4 } from 'node:net';
import { settleCarriers } from './carriers.ts';
import { errnoName, NetnsError, refusal } from './errors.ts';
import type { Ipv4Route } from './host-view.ts';
import { checkLabel, checkMac, namespaceInWords } from './names.ts';
import type { Acknowledgement, Request } from './netlink/codec.ts';
import { addIpv4Address, announceIpv4Address, forgetNeighbour, removeIpv4Address } from './netlink/ipv4-addresses.ts';
import { addDefaultRoute, ROUTE_PROTOCOL, readIpv4Routes, removeDefaultRoute } from './netlink/ipv4-routes.ts';
import { type LinkRecord, setMac } from './netlink/links.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import { findByAlias, linksBearing, type NamespaceContext, type NetnsHandle, openNetns } from './netns-handle.ts';
import type { AddressChange, AddressRequest, DefaultRoute, Ipv4Prefix } from './requests.ts';
import { makeArpStrict } from './strict-arp.ts';

/** A message, and what its refusal means. */
interface AddressStep {
  readonly request: Request;
  /** Names of errors that mean that there is nothing to do; null: any. */
  readonly tolerated: readonly string[] | null;
  /** The default route that is to be there; only of the message that adds it. */
  readonly wanted?: { readonly gateway: string; readonly index: number };
}

/**
 * Changes addresses, hardware addresses and default routes, all that is requested of a namespace in one system call.
 *
 * @throws NetnsError `missing` before anything is changed in that namespace, `exists` for a default route of others
 */
export function addressAll(context: NamespaceContext, requests: readonly AddressRequest[]): void {
  for (const request of requests) checkRequest(request, actionOf(request));
  for (const request of requests) if (request.changes.length > 0) addressOne(context, request, actionOf(request));
}

function addressOne(
  context: NamespaceContext,
  { namespace, changes, unannounced }: AddressRequest,
  action: string,
): void {
  using netns = openNetns(context, namespace, action);
  const links = linksByAlias(context, netns, changes, action);
  const added = changes.filter((change) => 'add' in change);
  if (namespace !== null && added.length > 0) context.host.visit(netns.descriptor, () => makeArpStrict(action));
  // Of the host only these links, in case they were created by an earlier version.
  if (namespace === null) for (const { alias } of added) makeArpStrict(action, links.get(alias)?.name);
  // Nothing is sent to an unannounced address before the kernel's work queue has handled the carrier by itself.
  if (namespace !== null && !unannounced) settle(context, netns, linksOf(added, links));
  const steps = changes.flatMap((change) => stepsOf(netns, change, links));
  const announced = unannounced ? [] : added.flatMap(({ alias, add }) => announcement(links, alias, add));
  const all = [...steps, ...announced];
  const acknowledgements = netns.socket.batch(
    all.map(({ request }) => request),
    action,
  );
  for (const [position, acknowledgement] of acknowledgements.entries()) {
    const step = all[position];
    if (step !== undefined) requireDone(netns, step, acknowledgement, action);
  }
}

function linksOf(changes: readonly { readonly alias: string }[], links: ReadonlyMap<string, LinkRecord>): LinkRecord[] {
  return changes.flatMap(({ alias }) => links.get(alias) ?? []);
}

/** Links with both ends, and bridges: otherwise the announcement, or the first answer, would be lost. */
function settle(context: NamespaceContext, netns: NetnsHandle, links: readonly LinkRecord[]): void {
  const peers = links.flatMap(({ peer }) => peer ?? []);
  if (netns.name !== null) settleCarriers(context.host.socket, peers);
  settleCarriers(
    netns.socket,
    links.map(({ index }) => index),
  );
}

function actionOf({ namespace }: AddressRequest): string {
  return `change addresses in ${namespaceInWords(namespace)}`;
}

/** @throws NetnsError `missing` unless there is a link for each alias */
function linksByAlias(
  context: NamespaceContext,
  netns: NetnsHandle,
  changes: readonly AddressChange[],
  action: string,
): ReadonlyMap<string, LinkRecord> {
  const aliases = new Set(changes.flatMap(aliasesOf));
  if (aliases.size === 0) return new Map();
  const candidates = linksBearing(context, netns, aliases);
  return new Map(
    [...aliases].map((alias) => {
      const link = findByAlias(netns, candidates, alias, action);
      if (link !== null) return [alias, link];
      const where = namespaceInWords(netns.name);
      throw refusal('missing', action, `no link in ${where} bears the alias ${JSON.stringify(alias)}`);
    }),
  );
}

function aliasesOf(change: AddressChange): string[] {
  if ('alias' in change) return [change.alias];
  return 'alias' in change.defaultRoute ? [change.defaultRoute.alias] : [];
}

function stepsOf(
  netns: NetnsHandle,
  change: AddressChange,
  links: ReadonlyMap<string, LinkRecord>,
): readonly AddressStep[] {
  if ('defaultRoute' in change) return routeSteps(netns, change.defaultRoute, links);
  const index = indexOf(links, change.alias);
  if ('mac' in change) return [{ request: setMac(index, change.mac), tolerated: [] }];
  if ('forget' in change) return [{ request: forgetNeighbour(index, change.forget), tolerated: ['ENOENT'] }];
  return 'add' in change
    ? [{ request: addIpv4Address(index, change.add), tolerated: ['EEXIST'] }]
    : [{ request: removeIpv4Address(index, change.remove), tolerated: ['EADDRNOTAVAIL'] }];
}

/** A link that is down, or that speaks no ARP, announces nothing. */
function announcement(links: ReadonlyMap<string, LinkRecord>, alias: string, { address }: Ipv4Prefix): AddressStep[] {
  return announceIpv4Address(indexOf(links, alias), address).map((request) => ({ request, tolerated: null }));
}

/**
 * The driver's own default routes are removed, each in full, and the new one is added only if there is no other: a
 * replacement (NLM_F_REPLACE) would not ask whose route it replaces. One that is right already stays.
 */
function routeSteps(
  netns: NetnsHandle,
  route: DefaultRoute,
  links: ReadonlyMap<string, LinkRecord>,
): readonly AddressStep[] {
  if ('remove' in route) return [{ request: removeDefaultRoute(route.remove.via), tolerated: ['ESRCH'] }];
  const wanted = { gateway: route.via, index: indexOf(links, route.alias) };
  const outdated = defaultRoutes(netns).filter((found) => isOwn(found) && !isSame(found, wanted));
  return [
    ...outdated.map(({ gateway, index }) => ({
      request: removeDefaultRoute(gateway, index),
      tolerated: ['ESRCH'],
    })),
    { request: addDefaultRoute(wanted.gateway, wanted.index), tolerated: [], wanted },
  ];
}

function defaultRoutes(netns: NetnsHandle): Ipv4Route[] {
  return readIpv4Routes(netns.socket).filter(({ prefix, metric }) => prefix === 0 && metric === 0);
}

function isOwn({ protocol }: Ipv4Route): boolean {
  return protocol === ROUTE_PROTOCOL;
}

function isSame(route: Ipv4Route, wanted: NonNullable<AddressStep['wanted']>): boolean {
  return route.gateway === wanted.gateway && route.index === wanted.index;
}

function requireDone(netns: NetnsHandle, step: AddressStep, acknowledgement: Acknowledgement, action: string): void {
  if (acknowledgement.errno === 0 || step.tolerated === null) return;
  const name = errnoName(acknowledgement.errno);
  if (step.tolerated.includes(name)) return;
  if (step.wanted !== undefined && name === 'EEXIST') requireOwnRoute(netns, step.wanted, action);
  else throwUnlessAccepted(acknowledgement, action);
}

/** @throws NetnsError `exists` unless the default route that is in the way is the wanted one */
function requireOwnRoute(netns: NetnsHandle, wanted: NonNullable<AddressStep['wanted']>, action: string): void {
  const found = defaultRoutes(netns);
  if (found.some((route) => isOwn(route) && isSame(route, wanted))) return;
  const [other] = found;
  const via = other?.gateway ? ` via ${other.gateway}` : '';
  const whose = other === undefined ? '' : `${via} (protocol ${other.protocol})`;
  const detail = `${namespaceInWords(netns.name)} has another default route${whose}, which is kept`;
  throw new NetnsError({ code: 'exists', action, detail, errno: 'EEXIST', kernelText: null });
}

function indexOf(links: ReadonlyMap<string, LinkRecord>, alias: string): number {
  const link = links.get(alias);
  if (link === undefined) throw new Error(`the link with the alias ${alias} was not looked up`);
  return link.index;
}

function checkRequest({ namespace, changes }: AddressRequest, action: string): void {
  for (const change of changes) checkChange(change, action);
  const routes = changes.filter((change) => 'defaultRoute' in change);
  if (routes.length > 0 && namespace === null) {
    throw refusal('invalid', action, 'the default route of the host is never changed');
  }
  if (routes.filter(({ defaultRoute }) => 'via' in defaultRoute).length > 1) {
    throw refusal('invalid', action, 'a namespace has one default route');
  }
}

function checkChange(change: AddressChange, action: string): void {
  for (const alias of aliasesOf(change)) checkLabel(alias, action);
  if ('defaultRoute' in change) {
    const { defaultRoute } = change;
    checkAddress('via' in defaultRoute ? defaultRoute.via : defaultRoute.remove.via, action);
    return;
  }
  if ('mac' in change) {
    checkMac(change.mac, action);
    return;
  }
  if ('forget' in change) {
    checkAddress(change.forget, action);
    return;
  }
  const { address, prefix } = 'add' in change ? change.add : change.remove;
  checkAddress(address, action);
  if (!Number.isInteger(prefix) || prefix < 1 || prefix > 32) {
    throw refusal('invalid', action, `invalid length of a prefix ${prefix} (1 to 32 bits)`);
  }
}

function checkAddress(address: string, action: string): void {
  if (!isIPv4(address)) throw refusal('invalid', action, `invalid IPv4 address ${JSON.stringify(address)}`);
}
