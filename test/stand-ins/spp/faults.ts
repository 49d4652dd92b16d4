/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is what can go wrong between a process and its controller, on demand.
 */

/** The fate of a reply. */
export type Fault =
  /** It is late. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** It is sent in pieces of these sizes, the rest last, each flushed and separated by a pause. */
  | { readonly kind: 'split'; readonly sizes: readonly number[]; readonly milliseconds?: number }
  /** It is not sent; the command is executed. */
  | { readonly kind: 'silent' }
  /** After this number of bytes the process is killed; it starts again only by `restart()`. */
  | { readonly kind: 'dieMidReply'; readonly bytes: number }
  /** After this number of bytes the connection is closed; the process continues and reconnects. */
  | { readonly kind: 'disconnectMidReply'; readonly bytes: number }
  /** It is JSON, but not the expected reply. */
  | { readonly kind: 'wrongJson' }
  /** It is not text. */
  | { readonly kind: 'rubbish' }
  /** It is this text. */
  | { readonly kind: 'text'; readonly text: string }
  /** It has this size in bytes, of JSON that is complete only at the end; 150,000 by default. */
  | { readonly kind: 'huge'; readonly bytes?: number }
  /** From then on the process neither reads nor answers, but its connection stays open. */
  | { readonly kind: 'halfOpen' };

/** The fate of the reply to `_get_client_id`, independently of the other replies. */
export type HandshakeFault = Fault | { readonly kind: 'id'; readonly id: string };

/** Neither UTF-8 nor JSON, without a NUL. */
export const RUBBISH = Buffer.from([0xff, 0xfe, 0x80, 0x16, 0x03, 0x01, 0xc3, 0x28, 0xf5, 0x0d]);

const HUGE_BYTES = 150_000;

export function hugeJson(bytes = HUGE_BYTES): Buffer {
  const [start, end] = ['{ "results": [ { "result": "success" } ], "info": { "name": "', '" } }'];
  return Buffer.from(start + 'x'.repeat(Math.max(0, bytes - start.length - end.length)) + end);
}

/** The faults to inject: once, or until they are cleared. */
export class FaultPlan {
  readonly #once: { readonly fault: Fault; readonly command: string }[] = [];
  #always: Fault | undefined;
  #handshake: HandshakeFault | undefined;

  /** For the next reply that has no other fault planned; `command`: for a command with this prefix. */
  next(fault: Fault, command = ''): this {
    this.#once.push({ fault, command });
    return this;
  }

  /** For each reply, until `clear()`. */
  always(fault: Fault): this {
    this.#always = fault;
    return this;
  }

  /** For each handshake, until `clear()`. */
  handshake(fault: HandshakeFault): this {
    this.#handshake = fault;
    return this;
  }

  clear(): void {
    this.#once.length = 0;
    this.#always = undefined;
    this.#handshake = undefined;
  }

  /** The fault for the reply to a command; a one-time fault is used up. */
  take(command: string): HandshakeFault | undefined {
    if (command === '_get_client_id') return this.#handshake;
    const [first] = this.#once;
    if (first === undefined || !command.startsWith(first.command)) return this.#always;
    this.#once.shift();
    return first.fault;
  }
}
