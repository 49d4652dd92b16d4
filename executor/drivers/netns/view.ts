import { readAddressing } from './addressing.ts';
import type { HostView } from './driver.ts';
import type { Context } from './netns-handle.ts';
import { type PackedView, packView } from './packed-view.ts';
import type { ViewRequest } from './protocol.ts';

/** What an observation uses. */
export type ObservationContext = Pick<Context, 'host' | 'hostLinks' | 'namespaceProbe' | 'directory'>;

/** The result of {@link observe}, in the form in which it is sent to another thread. */
export function view(context: ObservationContext, request: ViewRequest): PackedView {
  return packView(observe(context, request));
}

/**
 * Reads the links of the namespaces that exist, and returns those of the host. Changes nothing but the ids that the
 * kernel needs to report changes in namespaces.
 */
export function observe(
  { host, hostLinks, namespaceProbe, directory }: ObservationContext,
  { namespaces, links, numbering = false, addressed }: ViewRequest,
): HostView {
  const read = new Set(addressed?.namespaces);
  const seen =
    namespaces === 'all'
      ? namespaceProbe.all(directory.names(), read)
      : namespaceProbe.some(namespaces, { numbering, addressed: read });
  // Last, so that what the other ends report is known.
  const onHost = links === undefined ? hostLinks.all() : hostLinks.select(links);
  const inside = seen.flatMap((namespace) => namespace.links);
  const addressing = addressed?.host === true ? readAddressing(host.socket) : null;
  return { links: hostLinks.correctPeers(onHost, inside), namespaces: seen, addressing };
}
