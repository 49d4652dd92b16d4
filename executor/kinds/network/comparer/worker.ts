import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '../../../../schema/database/reader.ts';
import { labelPrefix } from '../../../../schema/names.ts';
import { collectGarbageEach } from '../../../../schema/process/collect-garbage.ts';
import type { Changed } from '../../../../schema/resources/definition.ts';
import { networkDefinition } from '../../../../schema/resources/network/definition.ts';
import { scanRows } from '../../../../schema/store/idle.ts';
import { collectGarbageWhenQuiet } from '../../../drivers/collect-garbage.ts';
import { type NetnsViewer, openNetnsViewer } from '../../../drivers/netns/viewer.ts';
import { viewProcesses } from '../../../drivers/oci/runtime/view.ts';
import { comparing } from '../../../loop/reconcile/differences.ts';
import { openIsolation } from '../../../peers/isolation.ts';
import { networkComparison } from '../comparison.ts';
import { openProcessViewer } from '../process-viewer.ts';
import { networkSpec } from '../spec.ts';
import type { Answer, Call, ComparerOptions } from './protocol.ts';
import { sent } from './sent-error.ts';

/*
 * The thread of comparer.ts: it reads rows and host by itself and returns the differences, which are few, so that
 * thousands of rows and links are neither read nor planned on the event loop that answers requests, nor copied to it.
 */

if (parentPort === null) throw new Error('worker.ts is to be started as a worker thread');
const port = parentPort;
const options: ComparerOptions = workerData;
const database = await openReader(options.database);
let viewer: NetnsViewer | undefined;

/** Opened at the first call, so that a host that cannot be observed is the error of that call. */
function opened(): NetnsViewer {
  viewer ??= openNetnsViewer();
  return viewer;
}

/** The observed state of this many namespaces is some megabytes. */
const scanned = collectGarbageEach(1_500);

const host: Pick<NetnsViewer, 'view' | 'names'> = {
  async view(...selection) {
    scanned(selection[0].length);
    return opened().view(...selection);
  },
  names: async () => opened().names(),
};

const isolation = openIsolation(options.databaseId);

/** Neither images nor programs matter to a comparison: a repair looks for them. */
const processes =
  options.containers === null
    ? undefined
    : openProcessViewer({
        layers: options.containers.layers,
        view: async (owners) => viewProcesses(options.containers?.run ?? '', owners),
        isInstalled: () => true,
      });

const compare = comparing(
  {
    definition: networkDefinition,
    spec: networkSpec(options.databaseId),
    resource: networkComparison({ driver: host, isolation, processes }),
  },
  scanRows(database, options.hypervisor, [networkDefinition]),
  labelPrefix(options.databaseId),
);

async function answer(id: number, changed: Changed): Promise<Answer> {
  try {
    return { id, comparison: await compare(changed) };
  } catch (error) {
    return { id, error: sent(error) };
  }
}

port.on('message', async (call: Call) => {
  if (call !== 'close') {
    port.postMessage(await answer(call.id, call.changed));
    collectGarbageWhenQuiet();
    return;
  }
  database.close();
  viewer?.[Symbol.dispose]();
  port.close();
});
