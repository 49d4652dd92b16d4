import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { asNetnsError, isFileError, refusal } from './errors.ts';
import type { HostLinks } from './host-links.ts';
import { namespaceInWords } from './names.ts';
import type { NamespaceProbe } from './namespace-probe.ts';
import type { NamespaceDirectory } from './namespaces.ts';
import { type LinkRecord, readLink, readLinks } from './netlink/links.ts';
import type { RouteSocket } from './netlink/socket.ts';
import type { HostNamespace } from './thread.ts';

/** What all verbs use. */
export interface Context extends NamespaceContext {
  hostLinks: HostLinks;
  namespaceProbe: NamespaceProbe;
  indexes: IndexSource;
}

/** What is used by verbs that a second thread takes part in. */
export interface NamespaceContext {
  host: HostNamespace;
  directory: NamespaceDirectory;
  /** Null in a thread that works in named namespaces only. */
  hostLinks: HostLinks | null;
}

/** A namespace that a verb works in: a named one, or the host's own, whose name is null. */
export interface NetnsHandle extends Disposable {
  name: string | null;
  descriptor: number;
  socket: RouteSocket;
}

/** Opens a namespace by name; null is the host's own, which stays open. @throws NetnsError `missing` */
export function openNetns(context: NamespaceContext, name: string | null, action: string): NetnsHandle {
  if (name === null) {
    const { descriptor, socket } = context.host;
    return { name, descriptor, socket, [Symbol.dispose]: () => undefined };
  }
  const namespace = context.directory.open(name, action);
  const { descriptor, socket } = namespace;
  return { name, descriptor, socket, [Symbol.dispose]: () => namespace[Symbol.dispose]() };
}

/**
 * Indexes for links to be created. With an index chosen here, the requests that follow a creation in the same batch
 * apply to the new link or to nothing; by name they would apply to an existing link of that name. Each process counts
 * from a random start far above the indexes that the kernel allocates itself.
 */
export class IndexSource {
  #next = randomInt(0x1000_0000, 0x4000_0000);

  next(): number {
    this.#next += 1;
    return this.#next;
  }
}

const OWN_KINDS: ReadonlySet<string | null> = new Set(['veth', 'bridge']);

/** @throws NetnsError `foreign` for a link of a kind that this driver does not create */
export function checkKind(netns: NetnsHandle, link: LinkRecord, action: string): void {
  if (OWN_KINDS.has(link.kind)) return;
  const kind = link.kind === null ? 'a device' : `a link of kind ${link.kind}`;
  const where = namespaceInWords(netns.name);
  throw refusal('foreign', action, `${link.name} in ${where} is ${kind}, which is left alone whatever its alias`);
}

/** The links with one of the aliases: of the host's thousands only these are read. */
export function linksBearing(
  { hostLinks }: Pick<NamespaceContext, 'hostLinks'>,
  netns: NetnsHandle,
  aliases: ReadonlySet<string>,
): LinkRecord[] {
  if (netns.name === null) {
    if (hostLinks === null) throw new Error('a thread without the links of the host was asked for them');
    return hostLinks.bearing(aliases);
  }
  return readLinks(netns.socket).filter(({ alias }) => alias !== null && aliases.has(alias));
}

/**
 * The link with the alias, or null.
 *
 * @throws NetnsError `foreign` when it is neither a veth nor a bridge, `invalid` when several links have the alias
 */
export function findByAlias(
  netns: NetnsHandle,
  links: readonly LinkRecord[],
  alias: string,
  action: string,
): LinkRecord | null {
  const found = links.filter((link) => link.alias === alias);
  for (const link of found) checkKind(netns, link, action);
  if (found.length > 1) {
    const names = found.map((link) => link.name).join(', ');
    throw refusal('invalid', action, `${names} in ${namespaceInWords(netns.name)} have the same alias`);
  }
  return found[0] ?? null;
}

/** The index of the bridge of that name. @throws NetnsError `missing`, or `foreign` when it is no bridge */
export function bridgeIndex(netns: NetnsHandle, name: string, action: string): number {
  const bridge = readLink(netns.socket, name);
  const where = namespaceInWords(netns.name);
  if (bridge === null) throw refusal('missing', action, `bridge ${name} not found in ${where}`);
  if (bridge.kind !== 'bridge') throw refusal('foreign', action, `${name} in ${where} is not a bridge`);
  return bridge.index;
}

/**
 * Disables the host's IPv6 on a link in the host's namespace: with a router advertisement (RFC 4861) a container could
 * give the host an address and a default route, and each port that joins multicast groups makes adding the next one
 * slower. Traffic between the ports of a bridge is not affected. For a link that is still down.
 */
export function disableIpv6(name: string, action: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1', { flag: 'r+' });
  } catch (error) {
    // No such file: the kernel runs without IPv6.
    if (!isFileError(error, 'ENOENT')) throw asNetnsError(error, action);
  }
}
