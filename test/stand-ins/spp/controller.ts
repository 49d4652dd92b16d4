import { createServer, type Socket } from 'node:net';
import { until } from '../../support/until.ts';

/*
 * A controller for the tests of the stand-ins: it listens, sends what it is told to and keeps what comes back. It
 * understands nothing of it.
 */

/** One connection of a process. */
export class Visitor {
  readonly #socket: Socket;
  /** The pieces that came, as they came. */
  readonly pieces: Buffer[] = [];
  gone = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece) => this.pieces.push(piece));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.gone = true;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.pieces);
  }

  get text(): string {
    return this.received.toString('latin1').replace(/\0+$/, '');
  }

  send(command: string): void {
    this.#socket.write(command, 'latin1');
  }

  /** Sends a command and waits for so many bytes, or for any. */
  async ask(command: string, bytes = 1): Promise<string> {
    this.pieces.length = 0;
    this.send(command);
    await until(`${bytes} bytes follow "${command}"`, () => this.received.length >= bytes);
    return this.text;
  }

  drop(): void {
    this.#socket.destroy();
  }
}

export class Controller {
  readonly visitors: Visitor[] = [];
  readonly #server = createServer((socket) => this.visitors.push(new Visitor(socket)));
  port = 0;

  /** Listens on any port, and where it was closed on the same again. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
    return this;
  }

  /** The visitor of that number, as soon as there is one. */
  async visitor(index = 0): Promise<Visitor> {
    await until(`there is visitor ${index}`, () => this.visitors.length > index);
    const found = this.visitors[index];
    if (!found) throw new RangeError(`there is no visitor ${index}`);
    return found;
  }

  close(): Promise<void> {
    for (const visitor of this.visitors) visitor.drop();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
