import { type PackedView, packView } from './packed-view.ts';
import type { Context } from './places.ts';
import type { ViewRequest } from './protocol.ts';

/**
 * Reads the links of those of the namespaces that exist, and tells the host's. Changes nothing but the ids by which the
 * kernel tells of namespaces.
 */
export function view(
  { hostLinks, namespaceLooks, directory }: Context,
  { namespaces, links }: ViewRequest,
): PackedView {
  const seen = namespaces === 'all' ? namespaceLooks.all(directory.names()) : namespaceLooks.some(namespaces);
  // Last, so that what the others tell of their other ends is known.
  const onHost = links === undefined ? hostLinks.all() : hostLinks.select(links);
  const inside = seen.flatMap((namespace) => namespace.links);
  return packView({ links: hostLinks.correctPeers(onHost, inside), namespaces: seen });
}
