import type { Socket } from 'node:net';
import type { WebSocketServerLike } from '@hono/node-server';
import { type WebSocket, WebSocketServer } from 'ws';
import { BODY_MAX_BYTES } from '../app.ts';

/** How often a client is asked whether it is there, in milliseconds; one that has not answered by then is not. */
const PING_MS = 30_000;
/** How long clients may take to answer that the connection ends. */
const CLOSING_MS = 2_000;

/** "Going away", of RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;

/** The WebSockets of all servers of a process. */
export class WebSockets {
  readonly #servers: WebSocketServer[] = [];
  readonly #silent = new WeakSet<WebSocket>();
  readonly #opened: (connection: Socket) => void;
  readonly #pings: NodeJS.Timeout;

  /** `opened` is called for the connection of each. */
  constructor(opened: (connection: Socket) => void) {
    this.#opened = opened;
    this.#pings = setInterval(() => this.ping(), PING_MS).unref();
  }

  /** For one HTTP server, which hands over its connections. */
  open(): WebSocketServerLike {
    const server = new WebSocketServer({ noServer: true, maxPayload: BODY_MAX_BYTES });
    server.on('connection', (socket, { socket: connection }) => {
      this.#opened(connection);
      socket.on('pong', () => this.#silent.delete(socket));
    });
    this.#servers.push(server);
    // Their types differ in optional members alone.
    return server as unknown as WebSocketServerLike;
  }

  /** Ends all connections, and refuses further ones. */
  close(): void {
    clearInterval(this.#pings);
    const sockets = this.#sockets();
    for (const socket of sockets) socket.close(GOING_AWAY, 'the server is shutting down');
    setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, CLOSING_MS).unref();
    for (const server of this.#servers) server.close();
  }

  /** Asks all clients whether they are there, and ends the connections of those that have not answered the last time. */
  ping(): void {
    for (const socket of this.#sockets()) {
      if (this.#silent.has(socket)) socket.terminate();
      else {
        this.#silent.add(socket);
        socket.ping();
      }
    }
  }

  #sockets(): WebSocket[] {
    return this.#servers.flatMap(({ clients }) => [...clients]);
  }
}
