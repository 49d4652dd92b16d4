import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '../../schema/database/reader.ts';
import { labelPrefix } from '../../schema/names.ts';
import { type NetnsViewer, openNetnsViewer } from '../drivers/netns/viewer.ts';
import { compareAll } from '../loop/reconcile/differences.ts';
import { networkResting } from '../records/network-resting.ts';
import { comparison, observed } from '../resources/network/comparison.ts';
import type { Answer, Call, ComparerOptions } from './protocol.ts';
import { sent } from './sent-error.ts';

/*
 * The thread of comparer.ts: it reads rows and host by itself and answers what differs, which is little, so that
 * thousands of rows and links are neither read nor planned where requests are answered, nor copied there.
 */

if (parentPort === null) throw new Error('thread.ts is to be started as a worker thread');
const port = parentPort;
const options: ComparerOptions = workerData;
const database = await openReader(options.database);
const records = networkResting(database, options);
const prefix = labelPrefix(options.databaseId);
let viewer: NetnsViewer | undefined;

const observeAll = async () => {
  viewer ??= openNetnsViewer();
  return observed(viewer.viewAll());
};

async function answer(call: number): Promise<Answer> {
  try {
    const resource = { ...comparison, observe: observeAll, observeAll };
    return { call, comparison: await compareAll({ records, resource }, prefix) };
  } catch (error) {
    return { call, error: sent(error) };
  }
}

port.on('message', async (call: Call) => {
  if (call !== 'close') {
    port.postMessage(await answer(call));
    return;
  }
  database.close();
  viewer?.[Symbol.dispose]();
  port.close();
});
