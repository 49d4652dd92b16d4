import type { HostView, Link } from './driver.ts';
import type { LinkRecord } from './netlink/links.ts';
import type { Context } from './places.ts';
import type { ViewRequest } from './protocol.ts';

/**
 * Reads the links of those of the namespaces that exist, and tells the host's. Changes nothing but the ids by which the
 * kernel tells of namespaces.
 */
export function view({ hostLinks, namespaceLooks, directory }: Context, { namespaces, links }: ViewRequest): HostView {
  const seen = namespaces === 'all' ? namespaceLooks.all(directory.names()) : namespaceLooks.some(namespaces);
  // Last, so that what the others tell of their other ends is known.
  const onHost = links === undefined ? hostLinks.all() : hostLinks.select(links);
  const corrected = hostLinks.correctPeers(
    onHost,
    seen.flatMap((namespace) => namespace.links),
  );
  return {
    links: corrected.map(withoutGroup),
    namespaces: seen.map((namespace) => ({ ...namespace, links: namespace.links.map(withoutGroup) })),
  };
}

function withoutGroup({ group: _, ...link }: LinkRecord): Link {
  return link;
}
