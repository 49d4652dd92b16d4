import { deleteByIndex, groupsOf } from './changes.ts';
import type { Replacement, ReplaceRequest } from './driver.ts';
import { refusal } from './errors.ts';
import { checkLabel, checkLinkName, checkNamespaceName, namespaceInWords } from './names.ts';
import {
  type AddressRecord,
  giveAddress,
  isTemporary,
  readAddresses,
  renamedLabel,
  takeAddress,
} from './netlink/addresses.ts';
import type { Request } from './netlink/codec.ts';
import { type LinkRecord, readLinks, setName, setUp } from './netlink/links.ts';
import { hasGateway, putRoute, type RouteRecord, readRoutes } from './netlink/routes.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import { type Context, findByAlias, type NetnsHandle, openNetns } from './netns-handle.ts';

/*
 * A container's interface gets a new far end and keeps its addresses and routes. In each namespace the old link is
 * replaced by the new one within one system call, so that no kill can lose an address or a route; the old links are
 * deleted only after that is done everywhere, because deleting an end of a veth deletes the other end, in another
 * namespace, with its configuration.
 */

/** `from` and `to` of one replacement, as they were found. */
interface FoundLinks {
  from: LinkRecord | null;
  to: LinkRecord;
  name: string;
}

interface ReplacementPair extends FoundLinks {
  addresses: readonly AddressRecord[];
}

/** All changes in one namespace. */
interface Exchange {
  netns: NetnsHandle;
  links: readonly LinkRecord[];
  pairs: readonly ReplacementPair[];
  routes: readonly RouteRecord[];
}

/**
 * Replaces links. Repeating a call that was interrupted completes it.
 *
 * Addresses keep their order, labels and lifetimes, routes too, except those that others restore (see `readRoutes`). A
 * route that the kernel refuses is left out. Neighbour entries and queueing disciplines are lost with the old link.
 *
 * @throws NetnsError before anything has changed: `missing` when a `to` does not exist, `exists` when its name is
 * taken, or the kernel's refusal to give it an address of `from`
 */
export function replaceLinks(context: Context, { replacements }: ReplaceRequest): void {
  const action = 'replace links';
  for (const replacement of replacements) checkReplacement(replacement, action);
  const names = [...new Set(replacements.map((replacement) => replacement.namespace))];
  using opened = new DisposableStack();
  const exchanges = names.map((name) => {
    const netns = opened.use(openNetns(context, name, action));
    return planExchange(
      netns,
      replacements.filter((replacement) => replacement.namespace === name),
      action,
    );
  });
  for (const exchange of exchanges) tryAddresses(exchange, action);
  for (const exchange of exchanges) takeOver(exchange, action);
  for (const exchange of exchanges) deleteReplaced(exchange, action);
}

function checkReplacement({ namespace, from, to, name }: Replacement, action: string): void {
  checkNamespaceName(namespace, action);
  checkLabel(from, action);
  checkLabel(to, action);
  checkLinkName(name, action);
  if (from === to) throw refusal('invalid', action, `${JSON.stringify(to)} cannot replace itself`);
}

function planExchange(netns: NetnsHandle, replacements: readonly Replacement[], action: string): Exchange {
  const links = readLinks(netns.socket);
  const found = replacements.map(({ from, to, name }) => {
    const replacing = findByAlias(netns, links, to, action);
    if (replacing === null) {
      const where = namespaceInWords(netns.name);
      throw refusal('missing', action, `no link with the alias ${JSON.stringify(to)} in ${where}`);
    }
    return { from: findByAlias(netns, links, from, action), to: replacing, name };
  });
  checkNames(netns, links, found, action);
  const addresses = readAddresses(netns.socket).filter((address) => !isTemporary(address));
  const replaced = new Set(found.flatMap(({ from }) => (from === null ? [] : [from.index])));
  const routes = readRoutes(netns.socket).filter((route) => route.links.some((index) => replaced.has(index)));
  const pairs = found.map((pair) => ({
    ...pair,
    addresses: addresses.filter((address) => address.index === pair.from?.index),
  }));
  return { netns, links, pairs, routes };
}

/** A name must be free, or become free: its holder is the link itself, or an old one that is being replaced. */
function checkNames(
  netns: NetnsHandle,
  links: readonly LinkRecord[],
  found: readonly FoundLinks[],
  action: string,
): void {
  const where = namespaceInWords(netns.name);
  const leaving = new Set(found.map(({ from }) => from?.index));
  for (const { to, name } of found) {
    const rivals = found.filter((other) => other.name === name || other.to.index === to.index);
    if (rivals.length > 1)
      throw refusal('invalid', action, `two replacements in ${where} end with ${to.name} or ${name}`);
    const holder = links.find((link) => link.name === name);
    if (holder !== undefined && holder.index !== to.index && !leaving.has(holder.index)) {
      throw refusal('exists', action, `link ${name} already exists in ${where}`);
    }
  }
}

/**
 * Adds every address of the old links to the new ones, which are still down, and removes them in the same system call.
 * What the kernel refuses here it would refuse in `takeOver` too, where it is too late to leave everything as it was.
 */
function tryAddresses({ netns, pairs }: Exchange, action: string): void {
  for (const { to, addresses } of pairs) {
    const given = addresses.map((address) => giveAddress(address, to.index, null));
    const taken = addresses.map((address) => takeAddress(address, to.index));
    const acknowledgements = netns.socket.batch([...given, ...taken], action);
    for (const acknowledgement of acknowledgements.slice(0, given.length)) throwUnlessAccepted(acknowledgement, action);
  }
}

/** A request, and whether its refusal is an error. */
interface ExchangeStep {
  request: Request;
  required: boolean;
}

function takeOver({ netns, pairs, routes }: Exchange, action: string): void {
  const substitutes = new Map(pairs.flatMap(({ from, to }) => (from === null ? [] : [[from.index, to.index]])));
  const ordered = [...routes].sort((one, other) => Number(hasGateway(one)) - Number(hasGateway(other)));
  const steps: ExchangeStep[] = [
    ...pairs.flatMap(stepAside),
    ...pairs.flatMap(stepIn),
    ...ordered.map((route) => optional(putRoute(route, substitutes))),
  ];
  const acknowledgements = netns.socket.batch(
    steps.map((step) => step.request),
    action,
  );
  for (const [position, acknowledgement] of acknowledgements.entries()) {
    if (steps[position]?.required === true) throwUnlessAccepted(acknowledgement, action);
  }
}

function required(request: Request): ExchangeStep {
  return { request, required: true };
}

function optional(request: Request): ExchangeStep {
  return { request, required: false };
}

/** Frees the addresses and the name of the old link. */
function stepAside({ from, addresses }: ReplacementPair): ExchangeStep[] {
  if (from === null) return [];
  return [
    optional(setUp(from.index, false)),
    ...addresses.map((address) => optional(takeAddress(address, from.index))),
    optional(setName(from.index, `old-${from.index.toString(36)}`)),
  ];
}

/** The name is changed before the addresses are added: a later change would rename the labels of all but the first. */
function stepIn({ from, to, name, addresses }: ReplacementPair): ExchangeStep[] {
  const oldName = from?.name ?? name;
  return [
    ...(to.name === name ? [] : [required(setName(to.index, name))]),
    ...addresses.map((address) => required(giveAddress(address, to.index, renamedLabel(address, oldName, name)))),
    required(setUp(to.index, true)),
  ];
}

function deleteReplaced({ netns, links, pairs }: Exchange, action: string): void {
  const replaced = pairs.flatMap(({ from }) => (from === null ? [] : [from]));
  deleteByIndex(netns, replaced, () => groupsOf(links), action);
}
