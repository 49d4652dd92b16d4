import { createServer, type Server } from 'node:net';
import { Admission, type Arrival } from './admission.ts';
import type { SppCommand } from './commands.ts';
import type { Era, ProcessKey, ProcessType } from './era.ts';
import { reasonOf, SppError } from './errors.ts';
import { type CommandResult, SppProcess } from './process.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMINGS, type Limits, type Log, type Timings } from './settings.ts';
import type { ProcessStatus } from './status.ts';

export type { ComponentType, SppCommand, VlanTag } from './commands.ts';
export type { Era, ProcessKey, ProcessType } from './era.ts';
export { SppError, type SppErrorCode } from './errors.ts';
export type { CommandResult } from './process.ts';
export type { Limits, Log, LogLevel, Timings } from './settings.ts';
export type { ProcessStatus } from './status.ts';
export type { NfvStatus, Patch } from './status-nfv.ts';
export type { PcapStatus } from './status-pcap.ts';
export type { PrimaryStatus } from './status-primary.ts';
export type { AttachedPort, ClassifierEntry, VfComponent, VfStatus } from './status-vf.ts';

export interface SppListen {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface ProcessInfo {
  readonly key: ProcessKey;
  readonly type: ProcessType;
  readonly era: Era;
  /** MSG_SIZE in bytes as far as known; null for one that does not pad its answers. */
  readonly messageSize: number | null;
  /** Higher for each connection: another one than before means that the process, or its connection, is new. */
  readonly generation: number;
  /** Of the process' end: `192.0.2.1:40000`. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** As of the last reading: at most one `status` interval old. */
  readonly status: ProcessStatus;
}

export interface SppDriverOptions {
  readonly primary: SppListen;
  readonly secondary: SppListen;
  readonly log?: Log;
  readonly timings?: Partial<Timings>;
  readonly limits?: Partial<Limits>;
  /** A process has come, has gone, or its status reads differently. Must not throw. */
  readonly changed: (process: ProcessKey) => void;
}

/**
 * The controller that SPP processes connect to. Commands to one process go out one at a time, in the order in which
 * they were given; different processes have nothing to do with each other.
 */
export interface SppDriver {
  /** Where it really listens. */
  readonly primary: SppListen;
  readonly secondary: SppListen;
  /** Those that are connected, the primary first, then by id. */
  processes(): ProcessInfo[];
  /** Null if it is not connected. */
  process(key: ProcessKey): ProcessInfo | null;
  /** Asks the process. Calls at the same time share one question. @throws SppError `missing`, `timeout`, `lost` */
  status(key: ProcessKey): Promise<ProcessStatus>;
  /**
   * Resolves when the process has done it. What an old nfv takes without a word is looked up in its status, and
   * what would crash it is `refused` and not sent.
   *
   * @throws SppError
   */
  command(key: ProcessKey, command: SppCommand): Promise<CommandResult>;
  /** Stops listening and ends all connections; what is asked is rejected as `lost`, and `changed` is not called. */
  close(): Promise<void>;
}

/** @throws SppError `invalid` if it cannot listen there */
export async function openSppDriver(options: SppDriverOptions): Promise<SppDriver> {
  const driver = new ListeningDriver(options);
  try {
    await driver.listen();
  } catch (error) {
    await driver.close();
    throw error;
  }
  return driver;
}

class ListeningDriver implements SppDriver {
  readonly #options: SppDriverOptions;
  readonly #timings: Timings;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #processes = new Map<ProcessKey, SppProcess>();
  readonly #admission: Admission;
  readonly #primaryServer: Server;
  readonly #secondaryServer: Server;
  #generation = 0;
  #closed = false;
  primary: SppListen;
  secondary: SppListen;

  constructor(options: SppDriverOptions) {
    this.#options = options;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#log = options.log ?? (() => {});
    this.primary = options.primary;
    this.secondary = options.secondary;
    this.#admission = new Admission({
      timings: this.#timings,
      limits: this.#limits,
      log: this.#log,
      present: (key) => this.#processes.get(key),
      enter: (arrival) => this.#enter(arrival),
    });
    this.#primaryServer = this.#createServer('primary');
    this.#secondaryServer = this.#createServer('secondary');
  }

  async listen(): Promise<void> {
    this.primary = await listenOn(this.#primaryServer, this.#options.primary);
    this.secondary = await listenOn(this.#secondaryServer, this.#options.secondary);
  }

  processes(): ProcessInfo[] {
    const infos = [...this.#processes.values()].map(infoOf);
    return infos.sort((one, other) => rank(one.key) - rank(other.key));
  }

  process(key: ProcessKey): ProcessInfo | null {
    const process = this.#processes.get(key);
    return process === undefined ? null : infoOf(process);
  }

  status(key: ProcessKey): Promise<ProcessStatus> {
    const process = this.#processes.get(key);
    if (process === undefined) return Promise.reject(missing('status', key));
    return process.status();
  }

  command(key: ProcessKey, command: SppCommand): Promise<CommandResult> {
    const process = this.#processes.get(key);
    if (process === undefined) return Promise.reject(missing(command.kind, key));
    return process.command(command);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = [closeServer(this.#primaryServer), closeServer(this.#secondaryServer)];
    this.#admission.close();
    const reason = new SppError('lost', 'use the SPP driver', 'it is closed');
    for (const { connection } of this.#processes.values()) connection.close(reason);
    await Promise.all(closed);
  }

  #createServer(role: 'primary' | 'secondary'): Server {
    const server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: this.#timings.keepAlive },
      (socket) => this.#admission.receive(socket, role),
    );
    server.on('error', (error) => this.#log('warn', 'the SPP controller could not accept', { reason: error.message }));
    return server;
  }

  #enter({ key, type, era, connection, statusText, status }: Arrival): string | null {
    if (this.#processes.size >= this.#limits.processes) return 'there are too many processes';
    this.#generation += 1;
    const generation = this.#generation;
    const timings = this.#timings;
    const changed = () => this.#changed(key);
    const process = new SppProcess({ key, type, era, generation, connection, statusText, status, timings, changed });
    this.#processes.set(key, process);
    this.#log('info', 'an SPP process is connected', { process: key, type, address: connection.address, generation });
    this.#changed(key);
    connection.onEnd((reason) => this.#leave(process, reason));
    return null;
  }

  #leave(process: SppProcess, reason: SppError): void {
    const { key, type, connection, generation } = process;
    if (this.#processes.get(key) === process) this.#processes.delete(key);
    if (this.#closed) return;
    const data = { process: key, type, address: connection.address, generation, reason: reason.message };
    this.#log('info', 'an SPP process is no longer connected', data);
    this.#changed(key);
  }

  #changed(key: ProcessKey): void {
    try {
      this.#options.changed(key);
    } catch (error) {
      this.#log('warn', 'what follows a change of an SPP process failed', { process: key, reason: reasonOf(error) });
    }
  }
}

function infoOf(process: SppProcess): ProcessInfo {
  const { key, type, era, generation, connection, connectedAt, lastStatus: status } = process;
  const { address, frameSize: messageSize } = connection;
  return { key, type, era, messageSize, generation, address, connectedAt, status };
}

function rank(key: ProcessKey): number {
  return key === 'primary' ? 0 : key;
}

function missing(action: string, key: ProcessKey): SppError {
  return new SppError('missing', `${action} on ${key}`, 'no such process is connected');
}

function listenOn(server: Server, { host, port }: SppListen): Promise<SppListen> {
  const action = `listen on ${host}:${port}`;
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new SppError('invalid', action, error.message));
    server.once('error', failed);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.removeListener('error', failed);
      const address = server.address();
      resolve({ host, port: address !== null && typeof address === 'object' ? address.port : port });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
