import { createServer, type Server, type Socket } from 'node:net';
import type { SppListen } from './driver.ts';
import type { Log } from './settings.ts';

export interface ListenerOptions {
  readonly listen: SppListen;
  readonly accept: (socket: Socket) => void;
  readonly log: Log;
  /** Milliseconds until the second attempt to listen; each further pause is twice as long, … */
  readonly retryFirst: number;
  /** … up to this. */
  readonly retryLongest: number;
  /** Idle milliseconds after which the kernel sends keep-alive probes. */
  readonly keepAlive: number;
}

const BACKLOG = 1_024;

/** Listens on a port as soon as that is possible: another process may have it, or its address may be added later. */
export class Listener {
  readonly #options: ListenerOptions;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pause: number;
  #closed = false;
  #obstacle: string | null = 'it has not begun';
  #address: SppListen;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#pause = options.retryFirst;
    this.#address = options.listen;
  }

  /** The address that it listens on; the configured one while it does not. */
  get address(): SppListen {
    return this.#address;
  }

  /** Why it does not listen; null while it does. */
  get obstacle(): string | null {
    return this.#obstacle;
  }

  /** Returns after the first attempt, successful or not; others follow automatically. */
  async open(): Promise<void> {
    const { listen, log } = this.#options;
    const action = `listen on ${listen.host}:${listen.port}`;
    const server = this.#createServer();
    this.#server = server;
    try {
      this.#address = await listenOn(server, listen);
      if (this.#closed) return void server.close();
      if (this.#retry !== undefined) log('info', `now able to ${action}`, {});
      this.#obstacle = null;
    } catch (error) {
      if (this.#closed) return;
      this.#obstacle = `${action}: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#retry === undefined) log('warn', `cannot ${this.#obstacle}; trying again`, {});
      this.#retry = setTimeout(() => void this.open(), this.#pause).unref();
      this.#pause = Math.min(2 * this.#pause, this.#options.retryLongest);
    }
  }

  /** Stops listening; accepted connections are not affected. */
  close(): Promise<void> {
    this.#closed = true;
    this.#obstacle = 'it is closed';
    clearTimeout(this.#retry);
    return new Promise((resolve) => {
      if (this.#server?.listening) this.#server.close(() => resolve());
      else resolve();
    });
  }

  #createServer(): Server {
    const { accept, log, keepAlive } = this.#options;
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAlive }, accept);
    server.on('error', (error) => {
      if (server.listening) log('warn', 'the SPP controller could not accept', { reason: error.message });
    });
    return server;
  }
}

function listenOn(server: Server, { host, port }: SppListen): Promise<SppListen> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve({ host, port: address !== null && typeof address === 'object' ? address.port : port });
    });
  });
}
