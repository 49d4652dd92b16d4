import type { HostView } from './driver.ts';
import { asNetnsError } from './errors.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { IndexSource } from './places.ts';
import { HostNamespace } from './thread.ts';
import { view } from './view.ts';

/** Looks at the whole host from the calling thread, beside whatever the driver's own does, and changes nothing. */
export interface NetnsViewer extends Disposable {
  /** Blocks until it is done. @throws NetnsError */
  viewAll(): HostView;
}

/**
 * For a thread that may block. Its network namespace is to be that of the process.
 *
 * @throws NetnsError when the process may not do that
 */
export function openNetnsViewer(directory = '/run/netns'): NetnsViewer {
  const action = 'look at the host';
  const host = open(action);
  const hostLinks = new HostLinks(host.socket);
  const context = { host, hostLinks, directory: new NamespaceDirectory(directory, host), indexes: new IndexSource() };
  return {
    viewAll() {
      try {
        return view(context, { namespaces: 'all' });
      } catch (error) {
        throw asNetnsError(error, action);
      }
    },
    [Symbol.dispose]() {
      hostLinks[Symbol.dispose]();
      host[Symbol.dispose]();
    },
  };
}

function open(action: string): HostNamespace {
  try {
    return HostNamespace.open();
  } catch (error) {
    throw asNetnsError(error, action);
  }
}
