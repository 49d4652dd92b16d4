import type { HostView, Link, NamespaceView } from './driver.ts';
import { type LinkRecord, readLinks } from './netlink/links.ts';
import { nameForListeners } from './netlink/namespace-ids.ts';
import type { Context } from './places.ts';
import type { ViewRequest } from './protocol.ts';

/** Reads the links of the host's namespace and of those named that exist. Changes nothing but the numbers by which listeners know namespaces. */
export function view({ host, hostLinks, directory }: Context, { namespaces, links }: ViewRequest): HostView {
  const names = namespaces === 'all' ? directory.names() : namespaces;
  const seen = directory.visit(names, (name, { namespace, label }): NamespaceView => {
    // Namespaces of an earlier boot of this program, or of an older version, may have no number yet.
    if (namespaces === 'all' && namespace !== null && label !== null)
      nameForListeners(host.socket, [namespace.descriptor]);
    const links = namespace === null ? [] : readLinks(namespace.socket).map(withoutGroup);
    return { name, label, mounted: namespace !== null, links };
  });
  const seenOnHost = links === undefined ? hostLinks.all() : hostLinks.select(links);
  return { links: seenOnHost.map(withoutGroup), namespaces: seen };
}

function withoutGroup({ group: _, ...link }: LinkRecord): Link {
  return link;
}
