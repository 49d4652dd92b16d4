import { connect, type Socket } from 'node:net';
import type { Connection } from '../reopening.ts';
import { OvsError, reasonOf, refusal } from './errors.ts';
import { JsonStream } from './json-stream.ts';

export interface ConnectionOptions {
  /** Path of the Unix socket of ovsdb-server. */
  readonly socket: string;
  /** Milliseconds within which each call is to be answered; then the connection is closed. */
  readonly deadlineMs: number;
  /**
   * Milliseconds between signs of life that the server is asked for where it is silent; one without an answer by the next
   * ends the connection.
   */
  readonly probeMs: number;
  /** Called with each notification of the server. */
  readonly notified: (method: string, params: readonly unknown[]) => void;
}

/** A message of more bytes than this ends the connection. */
const MESSAGE_BYTES = 256 << 20;

interface Call {
  readonly action: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: OvsError) => void;
  readonly timer: NodeJS.Timeout;
}

/** A message of the server, each member as it came. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/**
 * A JSON-RPC 1.0 connection to ovsdb-server (RFC 7047, section 4). A call without an answer ends the connection, because
 * what it did is only known from what a new one reads.
 */
export class JsonRpcConnection implements Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #stream = new JsonStream(MESSAGE_BYTES);
  readonly #calls = new Map<number, Call>();
  readonly #ended = Promise.withResolvers<string | null>();
  readonly #probe: NodeJS.Timeout;
  #lastId = 0;
  #silentProbes = 0;
  #over = false;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (piece) => this.#read(piece));
    socket.on('error', (error) => this.end(error.message));
    socket.on('close', () => this.end('ovsdb-server closed the connection'));
    this.#probe = setInterval(() => this.#askForLife(), options.probeMs).unref();
  }

  /** @throws OvsError `away` if there is no server, `denied` if it may not be used */
  static async open(options: ConnectionOptions): Promise<JsonRpcConnection> {
    const action = `connect to ${options.socket}`;
    const socket = connect(options.socket);
    const connected = Promise.withResolvers<void>();
    const timer = setTimeout(() => connected.reject(new Error('no answer')), options.deadlineMs);
    socket.once('connect', connected.resolve);
    socket.once('error', connected.reject);
    try {
      await connected.promise;
    } catch (error) {
      socket.destroy();
      const code = error instanceof Error && 'code' in error && error.code === 'EACCES' ? 'denied' : 'away';
      throw refusal(code, action, reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
    return new JsonRpcConnection(socket, options);
  }

  get ended(): Promise<string | null> {
    return this.#ended.promise;
  }

  /**
   * Calls a method, and returns its result.
   *
   * @throws OvsError `away` without an answer by the deadline and when the connection ends, `refused` if the server
   * answers with an error
   */
  call(method: string, params: readonly unknown[], action: string): Promise<unknown> {
    if (this.#over) return Promise.reject(refusal('away', action, 'the connection to ovsdb-server has ended'));
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { deadlineMs } = this.#options;
    const late = () => this.end(`ovsdb-server has not answered ${method} within ${deadlineMs} ms`);
    this.#calls.set(id, { action, resolve, reject, timer: setTimeout(late, deadlineMs) });
    this.#send({ method, params, id });
    return promise;
  }

  async close(): Promise<void> {
    this.#finish(null);
  }

  /** Ends the connection, which is to be opened again; calls without an answer are rejected as `away`. */
  end(reason: string): void {
    this.#finish(reason);
  }

  #finish(reason: string | null): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#probe);
    this.#socket.destroy();
    for (const { action, reject, timer } of this.#calls.values()) {
      clearTimeout(timer);
      reject(refusal('away', action, reason ?? 'the connection was closed'));
    }
    this.#calls.clear();
    this.#ended.resolve(reason);
  }

  #send(message: Message): void {
    this.#socket.write(JSON.stringify(message));
  }

  #read(piece: Buffer): void {
    this.#silentProbes = 0;
    try {
      for (const message of this.#stream.push(piece)) this.#handle(message);
    } catch (error) {
      this.end(`ovsdb-server sent something that is not understood: ${reasonOf(error)}`);
    }
  }

  #handle(message: unknown): void {
    if (typeof message !== 'object' || message === null) throw new Error('a message that is no object');
    const { id, method, params, result, error }: Message = message;
    if (typeof method === 'string') {
      const list: readonly unknown[] = Array.isArray(params) ? params : [];
      if (method === 'echo') this.#send({ id, result: list, error: null });
      else this.#options.notified(method, list);
      return;
    }
    const call = typeof id === 'number' ? this.#calls.get(id) : undefined;
    if (typeof id !== 'number' || call === undefined) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (error === null || error === undefined) call.resolve(result);
    else call.reject(answeredError(call.action, error));
  }

  /** Calls have deadlines; this notices a server that dies while none is under way. */
  #askForLife(): void {
    this.#silentProbes += 1;
    if (this.#silentProbes === 1) this.#send({ method: 'echo', params: [], id: 'probe' });
    else this.end(`ovsdb-server has been silent for ${this.#options.probeMs} ms`);
  }
}

/** Errors of a method are objects with `error` and `details`, or a bare string (RFC 7047, section 4.1). */
function answeredError(action: string, error: unknown): OvsError {
  const isObject = typeof error === 'object' && error !== null;
  const word = isObject && 'error' in error ? error.error : error;
  const details = isObject && 'details' in error && typeof error.details === 'string' ? error.details : null;
  const ovsError = typeof word === 'string' ? word : JSON.stringify(word);
  return new OvsError({ code: 'refused', action, detail: 'the call was refused', ovsError, ovsDetails: details });
}
