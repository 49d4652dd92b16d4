import { parentPort, workerData } from 'node:worker_threads';
import { asNetnsError } from './errors.ts';
import { requireTime, setExpiry } from './expiry.ts';
import { NamespaceDirectory } from './namespaces.ts';
import type { Answer, Call, Verbs, WorkerOptions } from './protocol.ts';
import { HostNamespace } from './thread.ts';

/* The thread of spare-thread.ts: it creates namespaces, and nothing else. */

if (parentPort === null) throw new Error('namespace-worker.ts is to be started as a worker thread');
const port = parentPort;
const { directory, expires }: WorkerOptions = workerData;

function answer(namespaces: NamespaceDirectory, { id, verb, request }: Call): Answer {
  try {
    setExpiry(expires);
    requireTime(verb);
    // The verb and its request come from one typed call of the driver.
    namespaces.create(request as Parameters<Verbs['createNamespaces']>[0]);
    return { id, value: null };
  } catch (error) {
    return { id, error: asNetnsError(error, verb).toFields() };
  }
}

try {
  const host = HostNamespace.open();
  const namespaces = new NamespaceDirectory(directory, host);
  port.on('message', (call: Call | 'close') => {
    if (call !== 'close') {
      port.postMessage(answer(namespaces, call));
      return;
    }
    host[Symbol.dispose]();
    port.close();
  });
  port.postMessage({ id: 0, value: null } satisfies Answer);
} catch (error) {
  port.postMessage({
    id: 0,
    error: asNetnsError(error, 'start a thread of the netns driver').toFields(),
  } satisfies Answer);
  port.close();
}
