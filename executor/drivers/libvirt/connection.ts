import { createConnection, type Socket } from 'node:net';
import type { Connection } from '../reopening.ts';
import { Calls } from './calls.ts';
import { type LibvirtErrorCode, refusal } from './errors.ts';
import { type Frame, FrameReader } from './frames.ts';
import { Keepalive } from './keepalive.ts';
import { KEEPALIVE_PROGRAM, MESSAGE_TYPE } from './protocol/messages.ts';
import type { Procedure } from './protocol/procedure.ts';
import { procedures, REMOTE_PROGRAM } from './protocol/remote.ts';

export interface ConnectionOptions {
  /** The UNIX socket of libvirtd. */
  readonly path: string;
  /** What to open there: `qemu:///system`. */
  readonly uri: string;
  /** Called with each event, by the reader: it must not wait. The bytes are those of `events` in `protocol/remote.ts`. */
  readonly event?: (event: ReceivedEvent) => void;
  /**
   * How many calls may be without an answer at a time; by default 4. libvirtd reads nothing more from a connection with
   * 5 of them (`max_client_requests` of libvirtd.conf), not even answers to its keepalive messages, without which it
   * closes the connection after half a minute.
   */
  readonly concurrency?: number;
  /** Milliseconds that each step of the opening may take. */
  readonly deadlineMs?: number;
  /** See `KeepaliveOptions`; by default 5 seconds. */
  readonly keepaliveMs?: number;
  readonly keepaliveCount?: number;
}

export interface ReceivedEvent {
  /** The number of its procedure. */
  readonly number: number;
  readonly payload: Buffer;
}

/** What can be done with a connection that is open now, or with whichever is open when the call is made. */
export interface LibvirtCaller {
  /**
   * Calls a procedure of libvirtd. Calls are sent in the order in which they are made, and executed by several threads
   * of libvirtd, in any order.
   *
   * @param deadlineMs milliseconds from now to the end of the answer
   * @throws LibvirtError: libvirtd's refusal; `timeout`, after which a late answer is dropped; `away`
   */
  call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    values: Arguments,
    deadlineMs: number,
  ): Promise<Result>;
}

/** Connections to one libvirtd, by what they are for. Calls that wait for a guest use up the places of a connection. */
export interface Sessions {
  /** For what waits for no guest. */
  readonly reading: LibvirtCaller;
  readonly changing: LibvirtCaller;
}

const CONCURRENCY = 4;
const DEADLINE_MS = 30_000;
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_COUNT = 5;

/** An open connection to libvirtd. */
export class LibvirtConnection implements Connection, LibvirtCaller {
  readonly #socket: Socket;
  readonly #event: (event: ReceivedEvent) => void;
  readonly #reader = new FrameReader();
  readonly #calls: Calls;
  readonly #keepalive: Keepalive;
  readonly #deadlineMs: number;
  readonly #ending = Promise.withResolvers<string | null>();
  readonly ended = this.#ending.promise;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#event = options.event ?? (() => undefined);
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const send = (frame: Buffer): void => void socket.write(frame);
    this.#calls = new Calls({
      ...{ concurrency: options.concurrency ?? CONCURRENCY, send },
      stuck: () => this.#end('libvirtd works on nothing but calls that are past their deadlines'),
    });
    this.#keepalive = new Keepalive({
      ...{ intervalMs: options.keepaliveMs ?? KEEPALIVE_MS, count: options.keepaliveCount ?? KEEPALIVE_COUNT, send },
      silent: (detail) => this.#end(detail),
    });
    socket.on('data', (piece: Buffer) => this.#read(piece));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('libvirtd closed the connection'));
  }

  /** @throws LibvirtError: `away`, `denied`, `timeout`, or what libvirtd says about the URI */
  static async open(options: ConnectionOptions): Promise<LibvirtConnection> {
    const connection = new LibvirtConnection(await connect(options.path), options);
    try {
      await connection.#begin(options.uri);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    values: Arguments,
    deadlineMs: number,
  ): Promise<Result> {
    return this.#calls.call(procedure, values, deadlineMs);
  }

  /** Calls without an answer are rejected as `away`. */
  async close(): Promise<void> {
    this.#end(null);
    await this.ended;
  }

  async #begin(uri: string): Promise<void> {
    const { types } = await this.call(procedures.authList, undefined, this.#deadlineMs);
    if (!types.includes(AUTHENTICATION_NONE)) throw refusal('denied', OPEN, 'libvirtd demands an authentication');
    // libvirtd, too, sends keepalive messages from now on.
    if (await this.#hasFeature(FEATURE_KEEPALIVE)) this.#keepalive.start();
    await this.call(procedures.connectOpen, { name: uri, flags: 0 }, this.#deadlineMs);
    if (await this.#hasFeature(FEATURE_EVENT_CALLBACK)) return;
    throw refusal('unsupported', OPEN, 'this libvirtd is too old: it does not number the listeners of events');
  }

  async #hasFeature(feature: number): Promise<boolean> {
    const { supported } = await this.call(procedures.connectSupportsFeature, { feature }, this.#deadlineMs);
    return supported !== 0;
  }

  #read(piece: Buffer): void {
    this.#keepalive.heard();
    for (const frame of this.#framesOf(piece)) this.#received(frame);
  }

  #framesOf(piece: Buffer): readonly Frame[] {
    try {
      return this.#reader.push(piece);
    } catch (error) {
      this.#end(`what libvirtd sent is not understood: ${String(error)}`);
      return [];
    }
  }

  #received(frame: Frame): void {
    if (frame.program === KEEPALIVE_PROGRAM) this.#keepalive.received(frame);
    else if (frame.program !== REMOTE_PROGRAM) return;
    else if (frame.type === MESSAGE_TYPE.reply) this.#calls.answered(frame);
    else if (frame.type === MESSAGE_TYPE.message) this.#event({ number: frame.procedure, payload: frame.payload });
  }

  /** @param reason null: it is closed by its user */
  #end(reason: string | null): void {
    this.#keepalive.stop();
    this.#socket.destroy();
    this.#calls.end(reason ?? 'the connection was closed');
    this.#ending.resolve(reason);
  }
}

const OPEN = 'open a connection to libvirt';

/** REMOTE_AUTH_NONE. */
const AUTHENTICATION_NONE = 0;

/** VIR_DRV_FEATURE_PROGRAM_KEEPALIVE and VIR_DRV_FEATURE_REMOTE_EVENT_CALLBACK. */
const FEATURE_KEEPALIVE = 10;
const FEATURE_EVENT_CALLBACK = 14;

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(refusal(connectCode(error), OPEN, `${path}: ${error.message}`));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

function connectCode({ code }: NodeJS.ErrnoException): LibvirtErrorCode {
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'away';
}
