import { Admission, type Arrival } from './admission.ts';
import type { SppCommand } from './commands.ts';
import { reasonOf, SppError } from './errors.ts';
import { Listener } from './listener.ts';
import { openFilesLimit, withinOpenFiles } from './open-files.ts';
import { type CommandResult, SppProcess } from './process.ts';
import type { ProcessKey, ProcessType, ProtocolVersion } from './protocol-version.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMINGS, type Limits, type Log, type Timings } from './settings.ts';
import type { ProcessStatus } from './status.ts';

export type { ComponentType, SppCommand, VlanTag } from './commands.ts';
export { SppError, type SppErrorCode } from './errors.ts';
export type { CommandResult } from './process.ts';
export type { ProcessKey, ProcessType, ProtocolVersion } from './protocol-version.ts';
export type { Limits, Log, LogLevel, Timings } from './settings.ts';
export type { ProcessStatus } from './status.ts';
export type { NfvStatus, Patch } from './status-nfv.ts';
export type { PcapStatus } from './status-pcap.ts';
export type { PrimaryStatus } from './status-primary.ts';
export type { AttachedPort, ClassifierEntry, VfComponent, VfStatus } from './status-vf.ts';

export interface SppListen {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface ProcessInfo {
  readonly key: ProcessKey;
  readonly type: ProcessType;
  readonly protocolVersion: ProtocolVersion;
  /** MSG_SIZE in bytes as far as known; null for a process that does not pad its answers. */
  readonly messageSize: number | null;
  /** Increases with each connection: a changed one means that the process, or its connection, is new. */
  readonly generation: number;
  /** Of the process: `192.0.2.1:40000`. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** As last read: at most one `status` interval old. */
  readonly status: ProcessStatus;
}

export interface SppDriverOptions {
  readonly primary: SppListen;
  readonly secondary: SppListen;
  readonly log?: Log;
  readonly timings?: Partial<Timings>;
  /** By default limits that leave most open files of the process to others. */
  readonly limits?: Partial<Limits>;
  /** A process has connected or disconnected, or its status has changed. Must not throw. */
  readonly changed: (process: ProcessKey) => void;
}

export type SppHealth = { readonly available: true } | { readonly available: false; readonly reason: string };

/**
 * The controller that SPP processes connect to. Commands to one process are sent one at a time, in the order in which
 * they were given; different processes are independent.
 */
export interface SppDriver {
  /** Whether processes can connect, and if not, why. */
  health(): SppHealth;
  /** The address that it listens on; the configured one while another process has the port. */
  readonly primary: SppListen;
  readonly secondary: SppListen;
  /** The connected processes, the primary first, then by id. */
  processes(): ProcessInfo[];
  /** Null if it is not connected. */
  process(key: ProcessKey): ProcessInfo | null;
  /**
   * Reads the status of the process. Concurrent calls share one request. @throws SppError `missing`, `timeout`, `lost`
   */
  status(key: ProcessKey): Promise<ProcessStatus>;
  /**
   * Resolves when the process has executed it. A command that an old nfv only echoes is verified by its status, and one
   * that would crash it is `refused` and not sent.
   *
   * @throws SppError
   */
  command(key: ProcessKey, command: SppCommand): Promise<CommandResult>;
  /** Stops listening and ends all connections; pending commands are rejected as `lost`, and `changed` is not called. */
  close(): Promise<void>;
}

/** A port that cannot be listened on is tried again for as long as the driver is open: see `health`. */
export async function openSppDriver(options: SppDriverOptions): Promise<SppDriver> {
  const driver = new ListeningDriver(options);
  await driver.listen();
  return driver;
}

class ListeningDriver implements SppDriver {
  readonly #options: SppDriverOptions;
  readonly #timings: Timings;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #processes = new Map<ProcessKey, SppProcess>();
  readonly #admission: Admission;
  readonly #primary: Listener;
  readonly #secondary: Listener;
  #generation = 0;
  #closed = false;

  constructor(options: SppDriverOptions) {
    this.#options = options;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#limits = { ...withinOpenFiles(DEFAULT_LIMITS, openFilesLimit()), ...options.limits };
    this.#log = options.log ?? (() => {});
    this.#admission = new Admission({
      timings: this.#timings,
      limits: this.#limits,
      log: this.#log,
      present: (key) => this.#processes.get(key),
      enter: (arrival) => this.#enter(arrival),
    });
    this.#primary = this.#createListener('primary');
    this.#secondary = this.#createListener('secondary');
  }

  async listen(): Promise<void> {
    await Promise.all([this.#primary.open(), this.#secondary.open()]);
  }

  get primary(): SppListen {
    return this.#primary.address;
  }

  get secondary(): SppListen {
    return this.#secondary.address;
  }

  health(): SppHealth {
    const obstacles = [this.#primary, this.#secondary].flatMap(({ obstacle }) => obstacle ?? []);
    return obstacles.length === 0 ? { available: true } : { available: false, reason: obstacles.join('; ') };
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
    const closed = [this.#primary.close(), this.#secondary.close()];
    this.#admission.close();
    const reason = new SppError('lost', 'use the SPP driver', 'it is closed');
    for (const { connection } of this.#processes.values()) connection.close(reason);
    await Promise.all(closed);
  }

  #createListener(role: 'primary' | 'secondary'): Listener {
    const { keepAlive, listenFirst: retryFirst, listenLongest: retryLongest } = this.#timings;
    return new Listener({
      ...{ listen: this.#options[role], log: this.#log, keepAlive, retryFirst, retryLongest },
      accept: (socket) => this.#admission.receive(socket, role),
    });
  }

  #enter({ key, type, protocolVersion, connection, statusText, status }: Arrival): string | null {
    if (this.#processes.size >= this.#limits.processes) return 'there are too many processes';
    this.#generation += 1;
    const generation = this.#generation;
    const timings = this.#timings;
    const changed = () => this.#changed(key);
    const process = new SppProcess({
      key,
      type,
      protocolVersion,
      generation,
      connection,
      statusText,
      status,
      timings,
      changed,
    });
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
    this.#log('info', 'an SPP process disconnected', data);
    this.#changed(key);
  }

  #changed(key: ProcessKey): void {
    try {
      this.#options.changed(key);
    } catch (error) {
      this.#log('warn', 'handling a change of an SPP process failed', { process: key, reason: reasonOf(error) });
    }
  }
}

function infoOf(process: SppProcess): ProcessInfo {
  const { key, type, protocolVersion, generation, connection, connectedAt, lastStatus: status } = process;
  const { address, frameSize: messageSize } = connection;
  return { key, type, protocolVersion, messageSize, generation, address, connectedAt, status };
}

function rank(key: ProcessKey): number {
  return key === 'primary' ? 0 : key;
}

function missing(action: string, key: ProcessKey): SppError {
  return new SppError('missing', `${action} on ${key}`, 'no such process is connected');
}
