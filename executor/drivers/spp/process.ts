import { encode, type SppCommand, STATUS } from './commands.ts';
import type { Connection } from './connection.ts';
import { SppError } from './errors.ts';
import { shortfall, wouldCrash } from './nfv-effects.ts';
import type { ProcessKey, ProcessType, ProtocolVersion } from './protocol-version.ts';
import { replyResultOf } from './reply.ts';
import type { Timings } from './settings.ts';
import { type ProcessStatus, parseStatus } from './status.ts';

export interface CommandResult {
  /**
   * Whether the process confirmed the command, or its status showed the effect. False only for commands that an old
   * primary echoes without a result, and whose effect no status shows.
   */
  readonly confirmed: boolean;
}

export interface ProcessOptions {
  readonly key: ProcessKey;
  readonly type: ProcessType;
  readonly protocolVersion: ProtocolVersion;
  readonly generation: number;
  readonly connection: Connection;
  /** The text of its first status, which `parseStatus` accepts. */
  readonly statusText: string;
  readonly status: ProcessStatus;
  readonly timings: Timings;
  readonly changed: () => void;
}

/** One connected process: its commands, and its status. */
export class SppProcess {
  readonly key: ProcessKey;
  readonly type: ProcessType;
  readonly protocolVersion: ProtocolVersion;
  readonly generation: number;
  readonly connection: Connection;
  /** Milliseconds since 1970. */
  readonly connectedAt = Date.now();
  readonly #timings: Timings;
  readonly #changed: () => void;
  readonly #watch: NodeJS.Timeout;
  #status: ProcessStatus;
  #statusText: string;
  #reading: Promise<ProcessStatus> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({
    key,
    type,
    protocolVersion,
    generation,
    connection,
    statusText,
    status,
    timings,
    changed,
  }: ProcessOptions) {
    this.key = key;
    this.type = type;
    this.protocolVersion = protocolVersion;
    this.generation = generation;
    this.connection = connection;
    this.#statusText = statusText;
    this.#status = status;
    this.#timings = timings;
    this.#changed = changed;
    // A failure ends the connection, which is reported elsewhere.
    this.#watch = setInterval(() => this.status().catch(() => {}), timings.status);
    connection.onEnd(() => clearInterval(this.#watch));
  }

  /** As last read. */
  get lastStatus(): ProcessStatus {
    return this.#status;
  }

  /**
   * Reads the status. Concurrent calls share a request, unless a command has been sent in between.
   *
   * @throws SppError `timeout`, `lost`
   */
  status(): Promise<ProcessStatus> {
    if (this.#reading !== null) return this.#reading;
    const reading = this.#readStatus().finally(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = reading;
    return reading;
  }

  /**
   * Sends a command and waits for the answer of the process.
   *
   * @throws SppError `invalid`, `refused`, `timeout`, `lost`
   */
  command(command: SppCommand): Promise<CommandResult> {
    const { protocolVersion, type } = this;
    let text: string;
    try {
      text = encode(command, type, protocolVersion);
    } catch (error) {
      return Promise.reject(error);
    }
    if (!protocolVersion.fragile || command.kind === 'exit') return this.#send(command, text);
    // What a guard has read must still be true when the command is sent: nothing may change the process in between.
    const turn = this.#turn.then(() => this.#giveGuarded(command, text));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Whether any answer arrives within this time in milliseconds. */
  async answers(within: number): Promise<boolean> {
    const start = performance.now();
    const { promise: elapsed, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, within);
    const read = this.status().then(
      () => {},
      () => {},
    );
    await Promise.race([read, elapsed]);
    clearTimeout(timer);
    return this.connection.end === null && this.connection.answeredAt >= start;
  }

  async #readStatus(): Promise<ProcessStatus> {
    const text = await this.connection.ask(STATUS, this.#timings.command);
    if (text === this.#statusText) return this.#status;
    const status = parseStatus(this.type, text);
    if (status === null) throw this.#outOfStep(STATUS, 'invalid status reply');
    this.#statusText = text;
    this.#status = status;
    this.#changed();
    return status;
  }

  async #giveGuarded(command: SppCommand, text: string): Promise<CommandResult> {
    const before = command.kind === 'remove-port' ? await this.status() : this.#status;
    const danger = before.type === 'nfv' ? wouldCrash(command, before) : null;
    if (danger !== null) throw this.#error('refused', text, danger);
    return await this.#send(command, text);
  }

  async #send(command: SppCommand, text: string): Promise<CommandResult> {
    // A status requested before this command would not show its effect to later callers.
    this.#reading = null;
    const isExit = command.kind === 'exit';
    const reply = await this.connection.ask(text, this.#timings.command, { endAnswers: isExit });
    if (isExit && reply === '') return { confirmed: true };
    const result = replyResultOf(reply, text);
    if (result.kind === 'done') return { confirmed: true };
    if (result.kind === 'refused') throw this.#error('refused', text, result.message);
    if (result.kind === 'unreadable') throw this.#outOfStep(text, 'its reply does not match the command');
    return { confirmed: await this.#verified(command, text) };
  }

  /** @throws SppError `refused` if the status shows that an echoed command was not executed */
  async #verified(command: SppCommand, text: string): Promise<boolean> {
    if (this.type !== 'nfv') return false;
    const after = await this.status();
    const missing = after.type === 'nfv' ? shortfall(command, after) : null;
    if (missing !== null) throw this.#error('refused', text, missing);
    return true;
  }

  /** Its next answer would be matched to another command: the connection ends. */
  #outOfStep(text: string, detail: string): SppError {
    const error = this.#error('lost', text, detail);
    this.connection.close(error);
    return error;
  }

  #error(code: 'refused' | 'lost', text: string, detail: string): SppError {
    return new SppError(code, `${text} on ${this.connection.subject}`, detail);
  }
}
