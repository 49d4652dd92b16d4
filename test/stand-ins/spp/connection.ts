import { connect, type Socket } from 'node:net';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine has
 * not. This file connects to the controller, over and over: a process that loses it tries again for ever.
 */

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** How long it waits before it tries again. */
  readonly reconnectMs: number;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #receive: (data: Buffer, socket: Socket) => void;
  readonly #connected: () => void;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #frozen = false;
  #lost = false;

  constructor(options: ConnectionOptions, receive: (data: Buffer, socket: Socket) => void, connected: () => void) {
    this.#options = options;
    this.#receive = receive;
    this.#connected = connected;
    this.#connect();
  }

  /** Breaks the connection; another follows. */
  disconnect(): void {
    this.#socket?.destroy();
  }

  /** Stops reading: the kernel still takes what comes, and a lost connection is not noticed until `thaw()`. */
  freeze(): void {
    this.#frozen = true;
    this.#socket?.pause();
  }

  thaw(): void {
    this.#frozen = false;
    if (this.#lost) this.#retry();
    else this.#socket?.resume();
  }

  /** Makes no other connection after this one. */
  stay(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Ends for good. What was sent still arrives, as the kernel sees to for a process that ends. */
  end(): Promise<void> {
    this.stay();
    const socket = this.#socket;
    if (!socket || socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  #connect(): void {
    const { host, port } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    socket.on('connect', () => {
      if (this.#frozen) socket.pause();
      this.#connected();
    });
    socket.on('data', (data) => this.#receive(data, socket));
    // A refused or broken connection is followed by `close`, which is where it is dealt with.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#lost = true;
      if (!this.#frozen) this.#retry();
    });
  }

  #retry(): void {
    if (this.#ended) return;
    this.#lost = false;
    this.#timer = setTimeout(() => this.#connect(), this.#options.reconnectMs);
  }
}
