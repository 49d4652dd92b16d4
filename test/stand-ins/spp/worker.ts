import { type Era, type ProcessOptions, type WorkerWords, workerWords } from './era.ts';
import { bare, type Machine, type Reply } from './reply.ts';
import { failed, member, succeeded } from './worker-text.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is what vf, mirror and pcap have in common: how they receive a command, take it apart and answer.
 */

/** The result of a command: a text to answer, or something else. */
export type Result =
  | { readonly kind: 'done'; readonly more?: readonly string[] }
  /** The command was understood, but its execution failed. */
  | { readonly kind: 'failed' }
  /** A word of the command is rejected; the reply only names it. */
  | { readonly kind: 'invalid'; readonly field: string }
  | { readonly kind: 'silence' | 'hang' | 'crash' };

export interface Command {
  /** Its minimum and maximum number of words, including its name. */
  readonly words: readonly [least: number, most: number];
  run(words: readonly string[]): Result;
}

export type Commands = Readonly<Record<string, Command | undefined>>;

/** More words than this are rejected. */
const MOST_WORDS = 8;

/** A longer text overflows the buffer for tokenising, and ends the process. */
const LONGEST_TEXT = 887;

const RECEIVE_BYTES = 2_048;

export class Worker implements Machine {
  readonly receiveBytes = RECEIVE_BYTES;
  readonly #era: Era;
  readonly #words: WorkerWords;
  readonly #commands: Commands;
  readonly #receiver = new Receiver();

  constructor(options: ProcessOptions, processType: 'vf' | 'mirror' | 'pcap', commands: Commands) {
    this.#era = options.era;
    this.#words = workerWords(options.era);
    const identity = [member('client_id', options.clientId)];
    if (options.era === '2020') identity.push(member('process_type', processType));
    this.#commands = { ...commands, _get_client_id: { words: [1, 1], run: () => ({ kind: 'done', more: identity }) } };
  }

  handle(command: string): Reply {
    const reply = this.#answer(this.#receiver.receive(command));
    if (this.#receiver.take(command.length)) return reply;
    return reply.kind === 'answer' ? { ...reply, after: 'crash' } : reply;
  }

  #answer(text: string): Reply {
    if (text.length > LONGEST_TEXT) return { kind: 'crash' };
    const words = text.split(' ').filter((word) => word !== '');
    const [name] = words;
    if (words.length > MOST_WORDS) return bare(failed(this.#words.wrongFormat));
    // A blank command has no first word, which the process reads nevertheless.
    if (name === undefined) return { kind: 'crash' };
    if (name === 'exit' && words.length === 1) return this.#exit();
    const found = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (name !== 'exit' && !found) return bare(failed(this.#words.invalid('command')));
    if (!found || words.length < found.words[0] || words.length > found.words[1]) {
      return bare(failed(this.#words.wrongFormat));
    }
    const result = found.run(words);
    switch (result.kind) {
      case 'done':
        return bare(succeeded(...(result.more ?? [])));
      case 'failed':
        return bare(failed('error occur'));
      case 'invalid':
        return bare(failed(this.#words.invalid(result.field)));
      default:
        return { kind: result.kind };
    }
  }

  #exit(): Reply {
    if (this.#era !== '2020') return { kind: 'exit' };
    return { kind: 'answer', bytes: Buffer.from(succeeded(), 'latin1'), after: 'exit' };
  }
}

/**
 * Received data is appended to the rest, and removed by the number of bytes received. The text ends at its first NUL,
 * so that a command with a NUL is shorter than what is removed: the buffer keeps the difference, and no later command
 * is understood. The buffer outlives the connection.
 */
class Receiver {
  #left = '';

  /** The text to execute. */
  receive(data: string): string {
    const end = data.indexOf('\0');
    this.#left += end === -1 ? data : data.slice(0, end);
    return this.#left;
  }

  /** Removes a command of this length; false if the process overruns its memory and ends. */
  take(bytes: number): boolean {
    const over = bytes - this.#left.length;
    if (over > 1) return false;
    // One too many moves no byte, which is why exactly one NUL is survived.
    if (over < 1) this.#left = this.#left.slice(bytes);
    return true;
  }
}
