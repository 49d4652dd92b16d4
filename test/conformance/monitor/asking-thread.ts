import { parentPort, workerData } from 'node:worker_threads';

/*
 * Asks an API one request after another, until it is sent a message; then it reports how long each took, in
 * milliseconds. A thread of its own is not delayed by the server's. It begins with one that loads the client and
 * connects, and reports its end.
 */

const url: string = workerData;
const durations: number[] = [];
let isAsking = true;
parentPort?.once('message', () => {
  isAsking = false;
});
await ask();
parentPort?.postMessage('asking');
while (isAsking) {
  const begun = performance.now();
  await ask();
  durations.push(performance.now() - begun);
}
parentPort?.postMessage(durations);

async function ask(): Promise<void> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${text}`);
}
