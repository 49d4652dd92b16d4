import { parentPort, workerData } from 'node:worker_threads';
import { collectGarbageNowAndThen } from '../collect-garbage.ts';
import { addressAll } from './address.ts';
import { createBridge } from './bridges.ts';
import { changeLink, deleteByIndex, deleteLinks, groupsOf, labelLink } from './changes.ts';
import { enableLinks } from './enabling.ts';
import { asNetnsError } from './errors.ts';
import { requireTime, setExpiry } from './expiry.ts';
import { HostLinks } from './host-links.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { readLinks } from './netlink/links.ts';
import { type Context, IndexSource } from './netns-handle.ts';
import type { Answer, Call, Verbs, WorkerOptions } from './protocol.ts';
import { replaceLinks } from './replacement.ts';
import { HostNamespace, type Namespace } from './thread.ts';
import { createVeths } from './veths.ts';
import { view } from './view.ts';

/* The thread that makes the system calls, executing one request after another. */

if (parentPort === null) throw new Error('worker.ts is to be started as a worker thread');
const port = parentPort;
const { directory, expires }: WorkerOptions = workerData;

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

function answer(verbs: Verbs, call: Call): Answer {
  try {
    // The verb and its request come from one typed call of the driver.
    const verb = verbs[call.verb] as (request: unknown) => unknown;
    // Observation is always permitted.
    setExpiry(call.verb === 'view' ? null : expires);
    // Before the verb reads anything: what is missing by then may have been changed by another owner.
    requireTime(call.verb);
    return { id: call.id, value: verb(call.request) };
  } catch (error) {
    return { id: call.id, error: asNetnsError(error, call.verb).toFields() };
  }
}

function start(): void {
  const host = HostNamespace.open();
  const hostLinks = new HostLinks(host.socket);
  const namespaces = new NamespaceDirectory(directory, host);
  const namespaceProbe = new NamespaceProbe(directory, host);
  const verbs = verbsOn({ host, hostLinks, namespaceProbe, directory: namespaces, indexes: new IndexSource() });
  port.on('message', (call: Call | 'close') => {
    if (call !== 'close') {
      port.postMessage(answer(verbs, call));
      hostLinks.listen();
      collectGarbageNowAndThen();
      return;
    }
    hostLinks[Symbol.dispose]();
    host[Symbol.dispose]();
    port.close();
  });
  port.postMessage({ id: 0, value: null } satisfies Answer);
}

try {
  start();
} catch (error) {
  port.postMessage({ id: 0, error: asNetnsError(error, 'start the netns driver').toFields() } satisfies Answer);
  port.close();
}
