import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Descriptors that are never a client's: an executor in the same process works with them, and the database. */
const KEPT_MIN = 128;
const CLIENTS_SHARE = 3 / 4;
const CONNECTIONS_MIN = 16;

/** How many connections a process may have whose limit of descriptors is this. */
export function connectionsWithin(descriptors: number): number {
  return Math.max(CONNECTIONS_MIN, Math.min(descriptors - KEPT_MIN, Math.floor(descriptors * CLIENTS_SHARE)));
}

/** How many descriptors this process may have (proc_pid_limits(5)); infinite where nothing says so. */
export function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Keeps the connections of all servers of a process below a number. A new one takes the place of that which has had
 * nothing to do for longest; only where all have requests in hand it is refused.
 */
export class ConnectionLimit {
  readonly #most: number;
  /** Each with the number of its requests in hand; who became idle first comes first. */
  readonly #connections = new Map<Socket, number>();

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#connections.size;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    });
  }

  #admit(socket: Socket): void {
    if (this.#connections.size >= this.#most) {
      const idle = [...this.#connections].find(([, requests]) => requests === 0)?.[0];
      if (idle === undefined) {
        socket.destroy();
        return;
      }
      this.#connections.delete(idle);
      idle.destroy();
    }
    this.#connections.set(socket, 0);
    socket.once('close', () => this.#connections.delete(socket));
  }

  #count(socket: Socket, change: 1 | -1): void {
    const requests = this.#connections.get(socket);
    if (requests === undefined) return;
    this.#connections.delete(socket);
    this.#connections.set(socket, requests + change);
  }
}
