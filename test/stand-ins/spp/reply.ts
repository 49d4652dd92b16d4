import { type Era, FRAME_BYTES } from './era.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is what a process does upon a command, before any socket.
 */

export type Reply =
  /** Bytes; `after` is how the process ends right after sending them. */
  | { readonly kind: 'answer'; readonly bytes: Buffer; readonly after?: 'exit' | 'crash' }
  /** The process continues, but sends nothing. */
  | { readonly kind: 'silence' }
  /** The process is blocked: its connection stays open, and it no longer answers. */
  | { readonly kind: 'hang' }
  /** The process exits silently. */
  | { readonly kind: 'exit' }
  | { readonly kind: 'crash' };

/** A process without its socket. A command is the data of one receive, one character per byte. */
export interface Machine {
  /** Maximum number of bytes of one receive; the rest is the next command. */
  readonly receiveBytes: number;
  handle(command: string): Reply;
}

/** The replies of vf, mirror and pcap: JSON without a terminator. */
export function bare(text: string): Reply {
  return { kind: 'answer', bytes: Buffer.from(text, 'latin1') };
}

/**
 * The message buffer of a primary or an nfv: the command is received into it, tokenised in place, and the whole buffer
 * is the reply. The part that nothing was written over is therefore an echo, with NULs for the spaces.
 */
export class Frame {
  readonly #bytes: Buffer;

  constructor(era: Era, command: string) {
    this.#bytes = Buffer.alloc(FRAME_BYTES[era]);
    this.#bytes.write(command, 'latin1');
  }

  /** Splits at spaces, up to the first NUL, and ends each word with a NUL in the buffer. */
  words(): Word[] {
    const words: Word[] = [];
    const end = this.#text().length;
    let at = 0;
    while (at < end) {
      if (this.#bytes[at] === 0x20) {
        at += 1;
        continue;
      }
      const start = at;
      while (at < end && this.#bytes[at] !== 0x20) at += 1;
      words.push({ start, text: this.#bytes.toString('latin1', start, at) });
      if (at < end) this.#bytes[at] = 0;
      at += 1;
    }
    return words;
  }

  /** Splits a word at its colons, which become NULs. */
  splitWord({ start, text }: Word): string[] {
    for (const [index, character] of [...text].entries()) if (character === ':') this.#bytes[start + index] = 0;
    return text.split(':').filter((part) => part !== '');
  }

  /** Writes a text over the start of the buffer; what follows its NUL stays. */
  overwrite(text: string): this {
    this.#bytes.write(`${text}\0`, 'latin1');
    return this;
  }

  replace(text: string): this {
    this.#bytes.fill(0);
    return this.overwrite(text);
  }

  answer(after?: 'exit'): Reply {
    return after === undefined ? { kind: 'answer', bytes: this.#bytes } : { kind: 'answer', bytes: this.#bytes, after };
  }

  #text(): string {
    const text = this.#bytes.toString('latin1');
    const end = text.indexOf('\0');
    return end === -1 ? text : text.slice(0, end);
  }
}

export interface Word {
  readonly start: number;
  readonly text: string;
}
