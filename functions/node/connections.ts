import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** File descriptors reserved for the database, and for an executor in the same process. */
const KEPT_MIN = 128;
const CLIENTS_SHARE = 3 / 4;
const CONNECTIONS_MIN = 16;

/** Maximum number of connections for a limit of file descriptors. */
export function connectionsWithin(descriptors: number): number {
  return Math.max(CONNECTIONS_MIN, Math.min(descriptors - KEPT_MIN, Math.floor(descriptors * CLIENTS_SHARE)));
}

/** Limit of file descriptors of this process (proc_pid_limits(5)); infinite if unknown. */
export function descriptorLimit(): number {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Limits the number of connections of all servers of a process. A new connection replaces the one that was idle for
 * longest; it is refused only if all have active requests.
 */
export class ConnectionLimit {
  readonly #most: number;
  /** With the number of active requests of each; those that became idle first come first. */
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

  /** A connection that has become a WebSocket is not idle, until it ends. */
  keep(socket: Socket): void {
    this.#count(socket, 1);
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
