import { settleCarriers } from './carriers.ts';
import type { EnableRequest } from './driver.ts';
import { refusal } from './errors.ts';
import { checkLabel, checkLinkName, namespaceInWords } from './names.ts';
import { type LinkRecord, readSome, setUp } from './netlink/links.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import { type Context, checkKind, type NetnsHandle, openNetns } from './netns-handle.ts';

type NamedLink = EnableRequest['links'][number];

/**
 * Sets links up, all of a namespace in one system call. They are looked up by name, also in one system call, at a cost
 * independent of the number of other links, and are not touched unless they have the alias.
 *
 * @throws NetnsError `missing` before any link of that namespace is set up
 */
export function enableLinks(context: Context, { links }: EnableRequest): void {
  const action = 'set links up';
  for (const { name, alias } of links) {
    checkLinkName(name, action);
    checkLabel(alias, action);
  }
  for (const [namespace, wanted] of Map.groupBy(links, (link) => link.namespace)) {
    using netns = openNetns(context, namespace, action);
    const names = wanted.map(({ name }) => name);
    const found = new Map(readSome(netns.socket, names).map((link) => [link.name, link]));
    const indexes = wanted.map((link) => indexOf(netns, link, found.get(link.name), action));
    const requests = indexes.map((index) => setUp(index, true));
    for (const acknowledgement of netns.socket.batch(requests, action)) throwUnlessAccepted(acknowledgement, action);
    settleCarriers(netns.socket, indexes);
  }
}

function indexOf(netns: NetnsHandle, { name, alias }: NamedLink, link: LinkRecord | undefined, action: string): number {
  if (link?.alias !== alias) {
    const where = namespaceInWords(netns.name);
    throw refusal('missing', action, `no link ${name} with the alias ${JSON.stringify(alias)} in ${where}`);
  }
  checkKind(netns, link, action);
  return link.index;
}
