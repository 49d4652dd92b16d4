import { parentPort, workerData } from 'node:worker_threads';
import { addressAll } from './address.ts';
import { NamespaceProbe } from './namespace-probe.ts';
import { NamespaceDirectory } from './namespaces.ts';
import { packView } from './packed-view.ts';
import type { SharedVerb, Verbs, ViewRequest, WorkerOptions } from './protocol.ts';
import { type Service, serve } from './serving.ts';
import { HostNamespace } from './thread.ts';

/* The thread of spare-thread.ts: it takes a half of what is to be done, or read, in many namespaces. */

if (parentPort === null) throw new Error('namespace-worker.ts is to be started as a worker thread');
const options: WorkerOptions = workerData;

function verbsOn(host: HostNamespace): Pick<Verbs, SharedVerb> {
  const directory = new NamespaceDirectory(options.directory, host);
  return {
    createNamespaces: (requests) => directory.create(requests),
    addressAll: (requests) => addressAll({ host, directory, hostLinks: null }, requests),
    view: (request) => packView({ links: [], namespaces: namespacesOf(host, request), addressing: null }),
  };
}

/** Without a cache: it would have to forget the namespaces that the first thread hears of only. */
function namespacesOf(host: HostNamespace, { namespaces, addressed }: ViewRequest) {
  if (namespaces === 'all') throw new Error('this thread is asked for a half of the namespaces');
  const probe = new NamespaceProbe(options.directory, host);
  return probe.some(namespaces, { numbering: false, addressed: new Set(addressed?.namespaces) });
}

function open(): Service {
  const host = HostNamespace.open();
  return { verbs: verbsOn(host), answered: () => undefined, close: () => host[Symbol.dispose]() };
}

serve(parentPort, options, open);
