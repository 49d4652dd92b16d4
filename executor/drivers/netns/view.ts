import type { HostView, Link, NamespaceView } from './driver.ts';
import { type LinkRecord, readLinks } from './netlink/links.ts';
import type { Context } from './places.ts';

/** Reads the links of the host's namespace and of those named that exist. Changes nothing. */
export function view(
  { host, directory }: Context,
  { namespaces }: { namespaces: readonly string[] | 'all' },
): HostView {
  const names = namespaces === 'all' ? directory.names() : namespaces;
  const seen = directory.visit(names, (name, { namespace, label }): NamespaceView => {
    const links = namespace === null ? [] : readLinks(namespace.socket).map(withoutGroup);
    return { name, label, mounted: namespace !== null, links };
  });
  return { links: readLinks(host.socket).map(withoutGroup), namespaces: seen };
}

function withoutGroup({ group: _, ...link }: LinkRecord): Link {
  return link;
}
