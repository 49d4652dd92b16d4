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
import { bridgeIndex, type Context, checkKind, findByAlias, openPlace, type Place } from './places.ts';

/** Renames a link, moves it between bridges, or sets it up or down. @throws NetnsError `missing` */
export function changeLink(context: Context, { namespace, alias, name, up, bridge }: ChangeRequest): void {
  const action = `change link ${name ?? JSON.stringify(alias)}`;
  checkLabel(alias, action);
  if (name !== undefined) checkLinkName(name, action);
  if (typeof bridge === 'string') checkLinkName(bridge, action);
  using place = openPlace(context, namespace, action);
  const link = findByAlias(place, readLinks(place.socket), alias, action);
  if (link === null) {
    throw refusal(
      'missing',
      action,
      `no link in ${namespaceInWords(namespace)} bears the alias ${JSON.stringify(alias)}`,
    );
  }
  const master = typeof bridge === 'string' ? bridgeIndex(place, bridge, action) : 0;
  if (name !== undefined && name !== link.name) rename(place, link, name, action);
  if (bridge !== undefined && master !== (link.master ?? 0))
    place.socket.request(setMaster(link.index, master), action);
  if (up !== undefined && up !== link.up) place.socket.request(setUp(link.index, up), action);
}

/** Kernels before 6.2 rename only a link that is down; there it goes down and up within one system call. */
function rename(place: Place, link: LinkRecord, name: string, action: string): void {
  try {
    place.socket.request(setName(link.index, name), action);
  } catch (error) {
    if (!(error instanceof NetnsError) || error.errno !== 'EBUSY' || !link.up) throw error;
    const steps = [setUp(link.index, false), setName(link.index, name), setUp(link.index, true)];
    for (const verdict of place.socket.batch(steps, action)) throwUnlessAccepted(verdict, action);
  }
}

/**
 * Gives an alias to a link that has none and whose hardware address is exactly `mac`: the far end of a veth whose
 * making was cut short. One that bears the alias already is left as it is.
 *
 * @throws NetnsError `missing`, or `foreign` when alias, address or kind differ
 */
export function labelLink(context: Context, { namespace, name, mac, alias }: LabelRequest): void {
  const action = `label link ${name}`;
  checkLinkName(name, action);
  checkMac(mac, action);
  checkLabel(alias, action);
  using place = openPlace(context, namespace, action);
  const link = readLink(place.socket, name);
  const where = namespaceInWords(namespace);
  if (link === null) throw refusal('missing', action, `there is no link ${name} in ${where}`);
  checkKind(place, link, action);
  if (link.alias === alias) return;
  if (link.alias !== null) throw foreign(action, `${name} in ${where}`, link.alias);
  if (link.mac !== mac.toLowerCase()) {
    throw refusal(
      'foreign',
      action,
      `${name} in ${where} has the address ${link.mac ?? 'of another type'}, not ${mac}`,
    );
  }
  place.socket.request(setAlias(link.index, alias), action);
}

/** Deletes the links that bear one of the aliases. @throws NetnsError `foreign`, and then none is deleted */
export function deleteLinks(context: Context, { namespace, aliases }: DeleteLinksRequest): void {
  const action = `delete links in ${namespaceInWords(namespace)}`;
  for (const alias of aliases) checkLabel(alias, action);
  if (aliases.length === 0) return;
  const wanted: ReadonlySet<string> = new Set(aliases);
  using place = openPlace(context, namespace, action);
  const links = readLinks(place.socket);
  const condemned = links.filter((link) => link.alias !== null && wanted.has(link.alias));
  for (const link of condemned) checkKind(place, link, action);
  deleteByIndex(place, links, condemned, action);
}

/**
 * Deletes `condemned` in one system call. Each deletion waits for a grace period of the kernel (RCU), all links of a
 * group share one: several get a group that no other of `links`, which are all in the namespace, is in.
 * Links that are gone by now are no error.
 */
export function deleteByIndex(
  place: Pick<Place, 'socket'>,
  links: readonly LinkRecord[],
  condemned: readonly LinkRecord[],
  action: string,
): void {
  for (const verdict of place.socket.batch(deletion(links, condemned), action)) {
    if (verdict.errno !== 0 && errnoName(verdict.errno) !== 'ENODEV') throwUnlessAccepted(verdict, action);
  }
}

function deletion(links: readonly LinkRecord[], condemned: readonly LinkRecord[]): Request[] {
  if (condemned.length < 2) return condemned.map((link) => deleteLink(link.index));
  const group = unusedGroup(links);
  return [...condemned.map((link) => setGroup(link.index, group)), deleteGroup(group)];
}

function unusedGroup(links: readonly LinkRecord[]): number {
  const used = new Set(links.map((link) => link.group));
  for (;;) {
    const group = randomInt(0x1000_0000, 0x7fff_ffff);
    if (!used.has(group)) return group;
  }
}
