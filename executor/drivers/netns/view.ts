import type { HostView } from './driver.ts';
import type { Context } from './netns-handle.ts';
import { type PackedView, packView } from './packed-view.ts';
import type { ViewRequest } from './protocol.ts';

/** What a look stands on. */
export type LookContext = Pick<Context, 'hostLinks' | 'namespaceProbe' | 'directory'>;

/** What {@link look} sees, in the form in which it goes to another thread. */
export function view(context: LookContext, request: ViewRequest): PackedView {
  return packView(look(context, request));
}

/**
 * Reads the links of those of the namespaces that exist, and tells the host's. Changes nothing but the ids by which the
 * kernel tells of namespaces.
 */
export function look(
  { hostLinks, namespaceProbe, directory }: LookContext,
  { namespaces, links, numbering = false }: ViewRequest,
): HostView {
  const seen =
    namespaces === 'all' ? namespaceProbe.all(directory.names()) : namespaceProbe.some(namespaces, numbering);
  // Last, so that what the others tell of their other ends is known.
  const onHost = links === undefined ? hostLinks.all() : hostLinks.select(links);
  const inside = seen.flatMap((namespace) => namespace.links);
  return { links: hostLinks.correctPeers(onHost, inside), namespaces: seen };
}
