import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../test/support/until.ts';
import { ConnectionLimit, connectionsWithin, descriptorLimit } from './connections.ts';

it.each([
  [256, 128],
  [1024, 768],
  [524_288, 393_216],
  [140, 16],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('of %s descriptors %s may be connections', (descriptors, connections) => {
  expect(connectionsWithin(descriptors)).toBe(connections);
});

it('reads the limit of this process', () => {
  expect(descriptorLimit()).toBeGreaterThan(0);
});

/** A server with room for two connections, whose requests end when the test decides. */
async function limited() {
  const upgraded: Socket[] = [];
  const waiting: (() => void)[] = [];
  const server: Server = createServer((_request, response) => waiting.push(() => response.end('done')));
  const connections = new ConnectionLimit(2);
  connections.watch(server);
  server.on('upgrade', ({ socket }) => {
    connections.keep(socket);
    upgraded.push(socket);
  });
  onTestFinished(() => {
    for (const socket of upgraded) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    connections,
    open: async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      return socket.resume();
    },
    finish: () => waiting.shift()?.(),
    requests: () => waiting.length,
    upgraded: () => upgraded.length,
  };
}

const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

it('closes the connection that was idle for longest when there is no room', async () => {
  const { connections, open } = await limited();
  const first = await open();
  await until('the first is there', () => connections.count === 1);
  const second = await open();
  await until('the second is there', () => connections.count === 2);
  const closed = once(first, 'close');
  await open();
  await closed;
  expect([connections.count, second.closed]).toEqual([2, false]);
});

it('does not close a connection with an active request, and refuses a new one if all have one', async () => {
  const { connections, open, finish, requests } = await limited();
  const first = await open();
  first.write(request);
  const second = await open();
  await until('both are there', () => connections.count === 2 && requests() === 1);
  const closed = once(second, 'close');
  const third = await open();
  await closed;
  third.write(request);
  await until('both have a request', () => requests() === 2);
  const refused = await open();
  await once(refused, 'close');
  expect([first.closed, third.closed]).toEqual([false, false]);

  const answered = once(first, 'data');
  finish();
  await answered;
  const evicted = once(first, 'close');
  await open();
  await evicted;
  expect(connections.count).toBe(2);
});

it('keeps a connection that has become a WebSocket', async () => {
  const { connections, open, upgraded } = await limited();
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await until('it is upgraded', () => upgraded() === 1);
  const idle = await open();
  await until('the idle one is there', () => connections.count === 2);
  const closed = once(idle, 'close');
  await open();
  await closed;
  expect([connections.count, socket.closed]).toEqual([2, false]);
});
