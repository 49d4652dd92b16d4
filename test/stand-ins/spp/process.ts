import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from './connection.ts';
import { FaultPlan } from './faults.ts';
import { createMachine, type MachineOptions, type ProcessType } from './machines.ts';
import type { Machine } from './reply.ts';
import { type Sent, send } from './sending.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is a process as its controller sees it: a client that connects, answers one command after the
 * other, and ends as the real one does.
 */

export interface StandInOptions extends MachineOptions {
  /** The controller's port: one for the primary, another for all others. */
  readonly port: number;
  readonly host?: string;
  /** How long it waits before it reconnects; 1 s, as the real ones do. */
  readonly reconnectMs?: number;
  /** The delay before a command is read; an old vf polls once a second. None by default. */
  readonly latencyMs?: number;
}

/** The condition of the process: `hung` and `frozen` keep their connection, but are silent. */
export type Condition = 'running' | 'frozen' | 'hung' | 'exited' | 'crashed' | 'closed';

export interface StandIn {
  /** Every command that it received, with the handshakes, in order, over all connections and restarts. */
  readonly commands: readonly string[];
  /** How many times it has connected. */
  readonly connections: number;
  readonly condition: Condition;
  readonly faults: FaultPlan;
  /** Resolves when it is connected and has identified itself; a primary is not asked to. */
  identified(): Promise<void>;
  /** Closes the connection; the process continues and reconnects. */
  disconnect(): void;
  /** Stops it as SIGSTOP does, and resumes it. */
  freeze(): void;
  thaw(): void;
  /** Ends it like a killed process: its state is lost. */
  crash(): void;
  /** Starts it again, with a new state; ends it first if it is running. */
  restart(): Promise<void>;
  /** Ends it permanently and waits until its connection is closed. */
  close(): Promise<void>;
}

export function startPrimary(options: StandInOptions): StandIn {
  return new Running('primary', options);
}

export function startNfv(options: StandInOptions): StandIn {
  return new Running('nfv', options);
}

export function startVf(options: StandInOptions): StandIn {
  return new Running('vf', options);
}

export function startMirror(options: StandInOptions): StandIn {
  return new Running('mirror', options);
}

export function startPcap(options: StandInOptions): StandIn {
  return new Running('pcap', options);
}

const RECONNECT_MS = 1_000;

class Running implements StandIn {
  readonly commands: string[] = [];
  readonly faults = new FaultPlan();
  readonly #type: ProcessType;
  readonly #options: StandInOptions;
  connections = 0;
  condition: Condition = 'running';
  #machine: Machine;
  #connection: Connection;
  #life = new AbortController();
  #waiting = Buffer.alloc(0);
  /** The connection that queued data arrived on. */
  #source: Socket | undefined;
  #busy = false;
  #identified = Promise.withResolvers<void>();

  constructor(type: ProcessType, options: StandInOptions) {
    this.#type = type;
    this.#options = options;
    this.#machine = createMachine(type, options);
    this.#connection = this.#connect();
  }

  identified(): Promise<void> {
    return this.#identified.promise;
  }

  disconnect(): void {
    this.#connection.disconnect();
  }

  freeze(): void {
    if (this.condition !== 'running') return;
    this.condition = 'frozen';
    this.#connection.freeze();
  }

  thaw(): void {
    if (this.condition !== 'frozen') return;
    this.condition = 'running';
    this.#connection.thaw();
    this.#readCommand();
  }

  crash(): void {
    this.#end('crashed');
  }

  async restart(): Promise<void> {
    await this.#end('closed');
    this.#machine = createMachine(this.#type, this.#options);
    this.#life = new AbortController();
    this.#waiting = Buffer.alloc(0);
    this.#busy = false;
    this.#identified = Promise.withResolvers();
    this.condition = 'running';
    this.#connection = this.#connect();
  }

  close(): Promise<void> {
    return this.#end('closed');
  }

  #connect(): Connection {
    const { host = '127.0.0.1', port, reconnectMs = RECONNECT_MS } = this.#options;
    return new Connection(
      { host, port, reconnectMs },
      (data, socket) => this.#receive(data, socket),
      () => {
        this.connections += 1;
        this.#waiting = Buffer.alloc(0);
        if (this.#type === 'primary') this.#identified.resolve();
      },
    );
  }

  /** All data that is available when the process reads is one command. */
  #receive(data: Buffer, socket: Socket): void {
    this.#waiting = Buffer.concat([this.#waiting, data]);
    this.#source = socket;
    this.#readCommand();
  }

  #readCommand(): void {
    if (this.#busy) return;
    this.#busy = true;
    const life = this.#life.signal;
    this.#work(life)
      .catch((error: unknown) => {
        if (!life.aborted) throw error;
      })
      .finally(() => {
        if (life.aborted) return;
        this.#busy = false;
        // Data that arrived while it was stopped is available now.
        if (this.#waiting.length > 0 && this.condition === 'running') this.#readCommand();
      });
  }

  async #work(life: AbortSignal): Promise<void> {
    const { latencyMs = 0 } = this.#options;
    while (!life.aborted && this.#waiting.length > 0 && this.condition === 'running') {
      if (latencyMs > 0) await pause(latencyMs, undefined, { signal: life });
      if (this.condition !== 'running') return;
      const { receiveBytes } = this.#machine;
      const [command, source] = [this.#waiting.toString('latin1', 0, receiveBytes), this.#source];
      this.#waiting = this.#waiting.subarray(receiveBytes);
      if (command !== '' && source) await this.#obey(command, source, life);
    }
  }

  async #obey(command: string, socket: Socket, life: AbortSignal): Promise<void> {
    this.commands.push(command);
    const fault = this.faults.take(command);
    const reply = this.#machine.handle(command);
    switch (reply.kind) {
      case 'silence':
        return;
      case 'hang':
        this.condition = 'hung';
        this.#connection.freeze();
        return this.#connection.stay();
      case 'exit':
        return void this.#end('exited');
      case 'crash':
        return void this.#end('crashed');
      case 'answer': {
        const sent = await send(socket, reply.bytes, fault, life);
        if (life.aborted) return;
        if (command === '_get_client_id' && fault === undefined) this.#identified.resolve();
        this.#afterwards(sent);
        if (reply.after) this.#end(reply.after === 'exit' ? 'exited' : 'crashed');
      }
    }
  }

  #afterwards(sent: Sent): void {
    if (sent === 'killed') this.#end('crashed');
    if (sent === 'disconnected') this.#connection.disconnect();
    if (sent === 'frozen') this.freeze();
  }

  #end(condition: 'exited' | 'crashed' | 'closed'): Promise<void> {
    this.condition = condition;
    this.#life.abort();
    return this.#connection.end();
  }
}
