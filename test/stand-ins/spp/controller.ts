import { createServer, type Socket } from 'node:net';
import { until } from '../../support/until.ts';

/*
 * A controller for the tests of the stand-ins: it listens, sends the given commands and keeps the answers, without
 * interpreting them.
 */

/** One connection of a process. */
export class Visitor {
  readonly #socket: Socket;
  /** The pieces as they arrived. */
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

  /** Sends a command and waits for a number of bytes. */
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

  /** Listens on any port, and after a close on the same one again. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
    return this;
  }

  /** The visitor of that number, when it has connected. */
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
