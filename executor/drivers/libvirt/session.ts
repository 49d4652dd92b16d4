import { type DriverHealth, Reopening } from '../reopening.ts';
import { type ConnectionOptions, type LibvirtCaller, LibvirtConnection } from './connection.ts';
import { refusal } from './errors.ts';
import type { Procedure } from './protocol/procedure.ts';

export interface SessionOptions extends ConnectionOptions {
  /** Called with each new connection, before any other call: to register listeners for events. */
  readonly begin?: (connection: LibvirtCaller) => Promise<void>;
  /** Called when there is a connection again: what happened meanwhile was not told. */
  readonly reopened?: () => void;
  readonly log?: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds before it is opened again: see `ReopeningOptions`. */
  readonly pauseFirst?: number;
  readonly pauseLongest?: number;
}

/** A connection to libvirtd that is opened again whenever it ends. Calls meanwhile are rejected as `away`. */
export class LibvirtSession implements LibvirtCaller {
  readonly #connection: Reopening<LibvirtConnection>;

  private constructor(connection: Reopening<LibvirtConnection>) {
    this.#connection = connection;
  }

  /** Returns after the first attempt, whatever its outcome: libvirtd may be started later. */
  static async open({ begin, reopened, ...options }: SessionOptions): Promise<LibvirtSession> {
    const { log, pauseFirst, pauseLongest, ...connectionOptions } = options;
    const connection = await Reopening.begin({
      name: 'the connection to libvirt',
      async open() {
        const opened = await LibvirtConnection.open(connectionOptions);
        try {
          await begin?.(opened);
          return opened;
        } catch (error) {
          await opened.close();
          throw error;
        }
      },
      ...(reopened === undefined ? {} : { reopened }),
      ...(log === undefined ? {} : { log }),
      ...(pauseFirst === undefined ? {} : { pauseFirst }),
      ...(pauseLongest === undefined ? {} : { pauseLongest }),
    });
    return new LibvirtSession(connection);
  }

  health(): DriverHealth {
    return this.#connection.health();
  }

  async call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    values: Arguments,
    deadlineMs: number,
  ): Promise<Result> {
    const connection = this.#connection.current;
    if (connection === null) throw refusal('away', procedure.name, `${this.#reason()}; it was not sent`);
    return connection.call(procedure, values, deadlineMs);
  }

  /** Calls without an answer are rejected as `away`. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #reason(): string {
    const health = this.#connection.health();
    return health.available ? 'it is there again' : health.reason;
  }
}
