import { randomInt } from 'node:crypto';
import type { ChangeRequest, DeleteLinksRequest, LabelRequest } from './driver.ts';
import { errnoName, NetnsError, refusal } from './errors.ts';
import { checkLabel, checkLinkName, checkMac, foreign, namespaceInWords } from './names.ts';
import type { Request } from './netlink/codec.ts';
import {
  deleteGroup,
  deleteLink,
  type LinkRecord,
  readLink,
  readLinks,
  setAlias,
  setGroup,
  setMaster,
  setName,
  setUp,
} from './netlink/links.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import {
  bridgeIndex,
  type Context,
  checkKind,
  findByAlias,
  linksBearing,
  type NetnsHandle,
  openNetns,
} from './netns-handle.ts';

/** Renames a link, moves it between bridges, or sets it up or down. @throws NetnsError `missing` */
export function changeLink(context: Context, { namespace, alias, name, up, bridge }: ChangeRequest): void {
  const action = `change link ${name ?? JSON.stringify(alias)}`;
  checkLabel(alias, action);
  if (name !== undefined) checkLinkName(name, action);
  if (typeof bridge === 'string') checkLinkName(bridge, action);
  using netns = openNetns(context, namespace, action);
  const link = findByAlias(netns, linksBearing(context, netns, new Set([alias])), alias, action);
  if (link === null) {
    throw refusal(
      'missing',
      action,
      `no link in ${namespaceInWords(namespace)} bears the alias ${JSON.stringify(alias)}`,
    );
  }
  const master = typeof bridge === 'string' ? bridgeIndex(netns, bridge, action) : 0;
  if (name !== undefined && name !== link.name) rename(netns, link, name, action);
  if (bridge !== undefined && master !== (link.master ?? 0))
    netns.socket.request(setMaster(link.index, master), action);
  if (up !== undefined && up !== link.up) netns.socket.request(setUp(link.index, up), action);
}

/** Kernels before 6.2 rename only a link that is down; there it is set down and up within one system call. */
function rename(netns: NetnsHandle, link: LinkRecord, name: string, action: string): void {
  try {
    netns.socket.request(setName(link.index, name), action);
  } catch (error) {
    if (!(error instanceof NetnsError) || error.errno !== 'EBUSY' || !link.up) throw error;
    const steps = [setUp(link.index, false), setName(link.index, name), setUp(link.index, true)];
    for (const acknowledgement of netns.socket.batch(steps, action)) throwUnlessAccepted(acknowledgement, action);
  }
}

/**
 * Sets the alias of a link that has none and whose hardware address is exactly `mac`: the far end of a veth whose
 * creation was interrupted. A link that already has the alias is left as it is.
 *
 * @throws NetnsError `missing`, or `foreign` when alias, address or kind differ
 */
export function labelLink(context: Context, { namespace, name, mac, alias }: LabelRequest): void {
  const action = `label link ${name}`;
  checkLinkName(name, action);
  checkMac(mac, action);
  checkLabel(alias, action);
  using netns = openNetns(context, namespace, action);
  const link = readLink(netns.socket, name);
  const where = namespaceInWords(namespace);
  if (link === null) throw refusal('missing', action, `link ${name} not found in ${where}`);
  checkKind(netns, link, action);
  if (link.alias === alias) return;
  if (link.alias !== null) throw foreign(action, `${name} in ${where}`, link.alias);
  if (link.mac !== mac.toLowerCase()) {
    throw refusal(
      'foreign',
      action,
      `${name} in ${where} has the address ${link.mac ?? 'of another type'}, not ${mac}`,
    );
  }
  netns.socket.request(setAlias(link.index, alias), action);
}

/** Deletes the links that have one of the aliases. @throws NetnsError `foreign`, and then none is deleted */
export function deleteLinks(context: Context, { namespace, aliases }: DeleteLinksRequest): void {
  const action = `delete links in ${namespaceInWords(namespace)}`;
  for (const alias of aliases) checkLabel(alias, action);
  if (aliases.length === 0) return;
  using netns = openNetns(context, namespace, action);
  const condemned = linksBearing(context, netns, new Set(aliases));
  for (const link of condemned) checkKind(netns, link, action);
  deleteByIndex(netns, condemned, () => groupsIn(context, netns), action);
}

function groupsIn(context: Context, netns: NetnsHandle): ReadonlySet<number> {
  return netns.name === null ? context.hostLinks.groups() : groupsOf(readLinks(netns.socket));
}

export function groupsOf(links: readonly LinkRecord[]): ReadonlySet<number> {
  return new Set(links.map(({ group }) => group));
}

/**
 * Deletes `condemned` in one system call. Each deletion waits for an RCU grace period of the kernel, and all links of a
 * group share one: several links are moved to a group that is not in `used`, the groups in use in the namespace. Links
 * that no longer exist are no error.
 */
export function deleteByIndex(
  netns: Pick<NetnsHandle, 'socket'>,
  condemned: readonly LinkRecord[],
  used: () => ReadonlySet<number>,
  action: string,
): void {
  for (const acknowledgement of netns.socket.batch(deletion(condemned, used), action)) {
    if (acknowledgement.errno !== 0 && errnoName(acknowledgement.errno) !== 'ENODEV')
      throwUnlessAccepted(acknowledgement, action);
  }
}

function deletion(condemned: readonly LinkRecord[], used: () => ReadonlySet<number>): Request[] {
  if (condemned.length < 2) return condemned.map((link) => deleteLink(link.index));
  const group = unusedGroup(used());
  return [...condemned.map((link) => setGroup(link.index, group)), deleteGroup(group)];
}

/**
 * Far from the numbers that people choose, and from a range so large that an unknown group is almost certainly unused.
 */
function unusedGroup(used: ReadonlySet<number>): number {
  for (;;) {
    const group = randomInt(0x1000_0000, 0x7fff_ffff);
    if (!used.has(group)) return group;
  }
}
