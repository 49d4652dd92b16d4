import type { NetnsDriver } from './driver.ts';
import { asNetnsError } from './errors.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { viewRequest } from './protocol.ts';
import { HostNamespace } from './thread.ts';
import { observe } from './view.ts';

/** Observes the host in the calling thread, which it blocks, independently of the driver. */
export interface NetnsViewer extends Disposable {
  /** Gives ids to namespaces that have none, so that their changes are reported. */
  readonly view: NetnsDriver['view'];
  /** The names of all namespaces. */
  names(): Promise<readonly string[]>;
}

const ACTION = 'read the host';

/**
 * For a thread that may block, in the network and mount namespace of the process.
 *
 * @throws NetnsError when the process lacks the permissions
 */
export function openNetnsViewer(directory = '/run/netns'): NetnsViewer {
  const opened = new DisposableStack();
  try {
    const host = opened.use(HostNamespace.open());
    const hostLinks = opened.use(new HostLinks(host.socket));
    const context = {
      host,
      hostLinks,
      namespaceProbe: new NamespaceProbe(directory, host),
      directory: new NamespaceDirectory(directory, host),
    };
    return {
      async view(...selection) {
        try {
          return observe(context, { ...viewRequest(...selection), numbering: true });
        } catch (error) {
          throw asNetnsError(error, ACTION);
        }
      },
      async names() {
        const names = context.directory.names();
        context.namespaceProbe.forgetOthers(names);
        return names;
      },
      [Symbol.dispose]: () => opened.dispose(),
    };
  } catch (error) {
    opened.dispose();
    throw asNetnsError(error, ACTION);
  }
}
