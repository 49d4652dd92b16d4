/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine has
 * not. This file is what can go wrong between a process and its controller, on demand.
 */

/** What becomes of a reply. */
export type Fault =
  /** It comes late. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** It comes in pieces of these sizes, the rest last, each flushed and a while before the next. */
  | { readonly kind: 'split'; readonly sizes: readonly number[]; readonly milliseconds?: number }
  /** It never comes; the command is obeyed all the same. */
  | { readonly kind: 'silent' }
  /** After so many bytes of it the process is killed; it starts again only by `restart()`. */
  | { readonly kind: 'dieMidReply'; readonly bytes: number }
  /** After so many bytes of it the connection breaks; the process goes on and connects again. */
  | { readonly kind: 'disconnectMidReply'; readonly bytes: number }
  /** It is JSON, but not what was asked for. */
  | { readonly kind: 'wrongJson' }
  /** It is no text at all. */
  | { readonly kind: 'rubbish' }
  /** It is this. */
  | { readonly kind: 'text'; readonly text: string }
  /** It has so many bytes, of JSON that goes on and on and is complete at the end; 150,000 unless told. */
  | { readonly kind: 'huge'; readonly bytes?: number }
  /** From then on the process neither reads nor answers, but its connection stays. */
  | { readonly kind: 'halfOpen' };

/** What becomes of the reply to `_get_client_id`, apart from the other replies. */
export type HandshakeFault = Fault | { readonly kind: 'id'; readonly id: string };

/** No UTF-8, no JSON and no NUL. */
export const RUBBISH = Buffer.from([0xff, 0xfe, 0x80, 0x16, 0x03, 0x01, 0xc3, 0x28, 0xf5, 0x0d]);

const HUGE_BYTES = 150_000;

export function hugeJson(bytes = HUGE_BYTES): Buffer {
  const [start, end] = ['{ "results": [ { "result": "success" } ], "info": { "name": "', '" } }'];
  return Buffer.from(start + 'x'.repeat(Math.max(0, bytes - start.length - end.length)) + end);
}

/** What is to go wrong: once, or until it is switched off. */
export class FaultPlan {
  readonly #once: { readonly fault: Fault; readonly command: string }[] = [];
  #always: Fault | undefined;
  #handshake: HandshakeFault | undefined;

  /** With the next reply that has no other fault planned; `command`: to a command that begins so. */
  next(fault: Fault, command = ''): this {
    this.#once.push({ fault, command });
    return this;
  }

  /** With each reply, until `clear()`. */
  always(fault: Fault): this {
    this.#always = fault;
    return this;
  }

  /** With each handshake, until `clear()`. */
  handshake(fault: HandshakeFault): this {
    this.#handshake = fault;
    return this;
  }

  clear(): void {
    this.#once.length = 0;
    this.#always = undefined;
    this.#handshake = undefined;
  }

  /** What becomes of the reply to a command; a fault for once is used up. */
  take(command: string): HandshakeFault | undefined {
    if (command === '_get_client_id') return this.#handshake;
    const [first] = this.#once;
    if (first === undefined || !command.startsWith(first.command)) return this.#always;
    this.#once.shift();
    return first.fault;
  }
}
