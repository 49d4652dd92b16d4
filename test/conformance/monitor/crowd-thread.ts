import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';
import type { Message } from '../../support/monitor-client.ts';

/** What a thread of clients is started with. */
export interface CrowdOptions {
  readonly url: string;
  readonly cin: string;
  readonly tag: string;
  readonly monitors: number;
  /** A monitor is done when it knows of this number of containers. */
  readonly containers: number;
}

/** What it reports: that all monitors have started; in the end, the containers that each was told of. */
export type CrowdReport = { readonly kind: 'started' } | { readonly kind: 'done'; readonly known: string[][] };

/*
 * Clients in a thread of their own, so that their work does not count as the server's. Each connection has one monitor,
 * and keeps what the state and the events name, in this order.
 */

const { url, cin, tag, monitors, containers }: CrowdOptions = workerData;
const known = await Promise.all(Array.from({ length: monitors }, connect));
report({ kind: 'started' });
// Only if something was lost does it take a minute: then what each was told of says what.
await Promise.race([Promise.all(known.map(({ done }) => done)), pause(60_000)]);
report({ kind: 'done', known: known.map(({ names }) => names) });

async function connect() {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/leviathan/monitor`);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const names: string[] = [];
  socket.on('message', (data) => {
    names.push(...namesIn(JSON.parse(String(data))));
    if (names.length >= containers) resolve();
  });
  await once(socket, 'open');
  socket.send(
    JSON.stringify({ type: 'start', sequence: '1', monitor: 'CIN', parameters: { cinID: cin, container_tag: tag } }),
  );
  await once(socket, 'message');
  return { names, done };
}

function namesIn(message: Message): string[] {
  if (message.type === 'error') return [message.response.message];
  if (message.type === 'response') return message.response.state.map(({ containerID }) => containerID);
  // None is expected but of creations: another one is seen as a name that there is not.
  const prefix = message.event === 'create' ? '' : `${message.event} `;
  return message.message.map(({ containerID }) => `${prefix}${containerID}`);
}

function report(what: CrowdReport): void {
  parentPort?.postMessage(what);
}
