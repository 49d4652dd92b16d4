import type { Socket } from 'node:net';
import { reasonOf, SppError, type SppErrorCode } from './errors.ts';
import { FrameReader } from './frame-reader.ts';

export interface ConnectionOptions {
  /** Milliseconds without a byte after which a padded answer of unknown size is considered complete. */
  quiet: number;
  /** The maximum size of an answer; see `replyBytes`, which may be changed later. */
  replyBytes: number;
}

interface Question {
  command: string;
  /** Milliseconds, from the sending of the command. */
  deadline: number;
  /** The end of the connection counts as an answer, as it may for `exit`. */
  endAnswers: boolean;
  resolve: (reply: string) => void;
  reject: (error: SppError) => void;
}

/**
 * The connection of one process: a command is sent when the one before it has been answered. Any sign that answers no
 * longer match commands ends the connection; the process reconnects, and both start afresh.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #quiet: number;
  readonly #waiting: Question[] = [];
  readonly #ending = new Set<(reason: SppError) => void>();
  #asked: Question | null = null;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  #end: SppError | null = null;
  #answeredAt = 0;
  /** `192.0.2.1:40000`, of the other end. */
  readonly address: string;
  /** `192.0.2.1`, of the other end. */
  readonly host: string;
  /** The name of the other end in errors. */
  subject: string;

  constructor(socket: Socket, { quiet, replyBytes }: ConnectionOptions) {
    this.#socket = socket;
    this.#quiet = quiet;
    this.#reader = new FrameReader(replyBytes);
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.host = socket.remoteAddress ?? 'unknown';
    this.subject = this.address;
    socket.on('data', (piece) => this.#read(piece));
    socket.on('end', () => this.#hungUp('it hung up'));
    socket.on('error', (error) => this.#hungUp(reasonOf(error)));
    socket.on('close', () => this.#hungUp('it is closed'));
  }

  /** Why the connection is unusable; null while it is usable. */
  get end(): SppError | null {
    return this.#end;
  }

  /** `performance.now()` at the last answer; 0 before the first. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** MSG_SIZE in bytes, as far as known; null if the process does not pad its answers. */
  get frameSize(): number | null {
    return this.#reader.frameSize;
  }

  set replyBytes(limit: number) {
    this.#reader.limit = limit;
  }

  /**
   * Sends a command when all before it are answered.
   *
   * @param command printable ASCII, as the encoders of `commands.ts` make it @param deadline milliseconds from its
   * sending to the end of its answer; after it the connection is closed @param endAnswers treat the end of the
   * connection as an empty answer @throws SppError `timeout`, or `lost` if the connection ended
   */
  ask(command: string, deadline: number, { endAnswers = false }: { endAnswers?: boolean } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#error('lost', command, `it was not sent: ${this.#end.detail}`));
        return;
      }
      const question: Question = { command, deadline, endAnswers, resolve, reject };
      if (this.#asked === null) this.#send(question);
      else this.#waiting.push(question);
    });
  }

  /**
   * Calls `listener` once, when the connection becomes unusable; at once if it already is. Not a promise, because
   * waiters for a connection that lives for months must be removable.
   *
   * @returns a function that removes the listener
   */
  onEnd(listener: (reason: SppError) => void): () => void {
    if (this.#end === null) this.#ending.add(listener);
    else listener(this.#end);
    return () => this.#ending.delete(listener);
  }

  /** Ends the connection; pending and queued commands are rejected as `lost`. Closing twice has no effect. */
  close(reason: SppError): void {
    if (this.#end !== null) return;
    this.#end = reason;
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#quietTimer);
    this.#socket.destroy();
    const asked = this.#asked;
    this.#asked = null;
    asked?.reject(reason.code === 'timeout' ? reason : this.#error('lost', asked.command, reason.detail));
    for (const { command, reject } of this.#waiting.splice(0)) {
      reject(this.#error('lost', command, `it was not sent: ${reason.detail}`));
    }
    for (const listener of this.#ending) listener(reason);
    this.#ending.clear();
  }

  #send(question: Question): void {
    this.#asked = question;
    this.#deadlineTimer = setTimeout(() => this.#timedOut(question), question.deadline);
    this.#reader.expect();
    this.#socket.write(question.command, 'latin1');
  }

  #read(piece: Buffer): void {
    if (this.#end !== null) return;
    clearTimeout(this.#quietTimer);
    const reading = this.#reader.push(piece);
    switch (reading.kind) {
      case 'reply':
        this.#answered(reading.text);
        break;
      case 'quiet':
        this.#quietTimer = setTimeout(() => this.#settled(), this.#quiet);
        break;
      case 'unasked':
        this.#broken('it said something that no command asked for');
        break;
      case 'overflow':
        this.#broken('its answer is over the limit');
        break;
      case 'more':
        break;
    }
  }

  #settled(): void {
    const text = this.#reader.settle();
    if (text !== null) this.#answered(text);
  }

  #answered(text: string): void {
    const asked = this.#asked;
    if (asked === null) return;
    clearTimeout(this.#deadlineTimer);
    this.#answeredAt = performance.now();
    this.#asked = null;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(next);
    asked.resolve(text);
  }

  #timedOut({ command, deadline }: Question): void {
    this.close(this.#error('timeout', command, `no answer within ${deadline} ms`));
  }

  #broken(detail: string): void {
    this.close(this.#error('lost', this.#asked?.command ?? 'listening', detail));
  }

  #hungUp(detail: string): void {
    if (this.#end !== null) return;
    const asked = this.#asked;
    if (asked?.endAnswers) {
      this.#asked = null;
      asked.resolve('');
    }
    this.close(this.#error('lost', asked?.command ?? 'listening', detail));
  }

  #error(code: SppErrorCode, command: string, detail: string): SppError {
    return new SppError(code, `${command} on ${this.subject}`, detail);
  }
}
