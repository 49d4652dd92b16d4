import { parentPort, workerData } from 'node:worker_threads';
import { collectGarbageNowAndThen } from '../collect-garbage.ts';
import { addressAll } from './address.ts';
import { createBridge } from './bridges.ts';
import { changeLink, deleteByIndex, deleteLinks, groupsOf, labelLink } from './changes.ts';
import { enableLinks } from './enabling.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { readLinks } from './netlink/links.ts';
import { type Context, IndexSource } from './netns-handle.ts';
import type { Verbs, WorkerOptions } from './protocol.ts';
import { replaceLinks } from './replacement.ts';
import { type Service, serve } from './serving.ts';
import { HostNamespace, type Namespace } from './thread.ts';
import { createVeths } from './veths.ts';
import { view } from './view.ts';

/* The thread that makes the system calls, executing one request after another. */

if (parentPort === null) throw new Error('worker.ts is to be started as a worker thread');
const options: WorkerOptions = workerData;

function verbsOn(context: Context): Verbs {
  return {
    view: (request) => view(context, request),
    createNamespaces: (requests) => context.directory.create(requests),
    deleteNamespaces: (requests) => context.directory.delete(requests, deleteVeths),
    createBridge: (request) => createBridge(context, request),
    createVeths: (requests) => createVeths(context, requests),
    enableLinks: (request) => enableLinks(context, request),
    changeLink: (request) => changeLink(context, request),
    labelLink: (request) => labelLink(context, request),
    deleteLinks: (request) => deleteLinks(context, request),
    replaceLinks: (request) => replaceLinks(context, request),
    addressAll: (requests) => addressAll(context, requests),
  };
}

/** So that their other ends, in the host's bridges, are deleted when the call is answered. */
function deleteVeths(namespace: Namespace): void {
  const links = readLinks(namespace.socket);
  const veths = links.filter((link) => link.kind === 'veth');
  deleteByIndex(namespace, veths, () => groupsOf(links), 'delete the links of a namespace');
}

function open(): Service {
  const host = HostNamespace.open();
  const hostLinks = new HostLinks(host.socket);
  const namespaces = new NamespaceDirectory(options.directory, host);
  const namespaceProbe = new NamespaceProbe(options.directory, host);
  return {
    verbs: verbsOn({ host, hostLinks, namespaceProbe, directory: namespaces, indexes: new IndexSource() }),
    answered() {
      hostLinks.listen();
      collectGarbageNowAndThen();
    },
    close() {
      hostLinks[Symbol.dispose]();
      host[Symbol.dispose]();
    },
  };
}

serve(parentPort, options, open);
