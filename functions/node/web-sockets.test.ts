import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket, type WebSocketServer } from 'ws';
import { until } from '../../test/support/until.ts';
import { WebSockets } from './web-sockets.ts';

/** A server whose connections become WebSockets. */
async function served() {
  const opened: unknown[] = [];
  const webSockets = new WebSockets((connection) => opened.push(connection));
  const sockets = webSockets.open() as unknown as WebSocketServer;
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    webSockets.close();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const connect = (options: ClientOptions = {}) => {
    const client = new WebSocket(`ws://127.0.0.1:${port}`, options);
    onTestFinished(() => client.terminate());
    return client;
  };
  return { webSockets, sockets, opened, connect };
}

it('asks clients whether they are there, and ends the connection of one that does not answer', async () => {
  const { webSockets, sockets, opened, connect } = await served();
  const [silent, alive] = [connect({ autoPong: false }), connect()];
  await until('both are connected', () => sockets.clients.size === 2);
  let answers = 0;
  for (const client of sockets.clients) {
    client.on('pong', () => {
      answers += 1;
    });
  }
  webSockets.ping();
  await until('one has answered', () => answers === 1);
  const closed = once(silent, 'close');
  webSockets.ping();
  expect(await closed).toEqual([1006, expect.anything()]);
  await until('the other has answered again', () => answers === 2);
  webSockets.ping();
  await until('the other has answered again', () => answers === 3);
  expect([alive.readyState, opened.length]).toEqual([WebSocket.OPEN, 2]);
});
