import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { whenFinished } from '../shared.ts';

/** What a proxy does with an answer after so many bytes of a connection. */
export type Fault = { readonly afterBytes: number; readonly kind: 'close' | 'silence' };

/** A TCP proxy in front of a registry, for connections that end or fall silent in the middle. */
export class FaultyProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly address: string;
  fault: Fault | null = null;
  /** Bytes of answers that were passed on. */
  passed = 0;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  /** Until the running test ends. */
  static async start(target: string): Promise<FaultyProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    const proxy = new FaultyProxy(server, `127.0.0.1:${address.port}`);
    const [host = '', port = ''] = target.split(':');
    server.on('connection', (client) => proxy.#relay(client, connect(Number(port), host)));
    whenFinished(() => proxy.stop());
    return proxy;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #relay(client: Socket, target: Socket): void {
    let answered = 0;
    let isSilent = false;
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('close', () => target.destroy());
    target.on('close', () => {
      if (!isSilent) client.destroy();
    });
    client.pipe(target);
    target.on('data', (data) => {
      answered += data.length;
      if (this.fault === null || answered <= this.fault.afterBytes) {
        this.passed += data.length;
        client.write(data);
      } else if (this.fault.kind === 'silence') {
        isSilent = true;
      } else {
        client.destroy();
      }
    });
  }
}
