import { connect, type Socket } from 'node:net';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file connects to the controller, over and over: a process that loses it tries again for ever.
 */

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** How long it waits before it reconnects. */
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

  /** Closes the connection; the process reconnects. */
  disconnect(): void {
    this.#socket?.destroy();
  }

  /** Stops reading: the kernel still accepts data, and a lost connection is not noticed until `thaw()`. */
  freeze(): void {
    this.#frozen = true;
    this.#socket?.pause();
  }

  thaw(): void {
    this.#frozen = false;
    if (this.#lost) this.#retry();
    else this.#socket?.resume();
  }

  /** Does not reconnect after this connection. */
  stay(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Ends permanently. What was sent still arrives, as for a process that exits. */
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
    // An error is followed by `close`, where it is handled.
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
