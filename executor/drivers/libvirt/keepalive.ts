import { encodeFrame, type Frame } from './frames.ts';
import {
  KEEPALIVE_PING,
  KEEPALIVE_PONG,
  KEEPALIVE_PROGRAM,
  KEEPALIVE_VERSION,
  MESSAGE_STATUS,
  MESSAGE_TYPE,
} from './protocol/messages.ts';

export interface KeepaliveOptions {
  /** Milliseconds of silence after which the other end is asked whether it is there. */
  readonly intervalMs: number;
  /** How often it is asked in vain before it is considered gone. */
  readonly count: number;
  readonly send: (frame: Buffer) => void;
  readonly silent: (detail: string) => void;
}

/** Both directions of libvirt's keepalive: answers the other end, and asks it when nothing is heard. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #timer: NodeJS.Timeout | undefined;
  #heard = true;
  #unanswered = 0;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
  }

  /** Begins to ask; both ends have to know the program. */
  start(): void {
    this.#timer = setInterval(() => this.#check(), this.#options.intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** To be called with whatever arrives. */
  heard(): void {
    this.#heard = true;
    this.#unanswered = 0;
  }

  /** Takes a message of the program. */
  received({ procedure }: Frame): void {
    if (procedure === KEEPALIVE_PING) this.#options.send(frameOf(KEEPALIVE_PONG));
  }

  #check(): void {
    const { count, intervalMs, send, silent } = this.#options;
    if (!this.#heard) {
      if (this.#unanswered >= count) {
        silent(`libvirtd has not answered ${count} keepalive messages, one every ${intervalMs} ms`);
        return;
      }
      this.#unanswered += 1;
      send(frameOf(KEEPALIVE_PING));
    }
    this.#heard = false;
  }
}

function frameOf(procedure: number): Buffer {
  return encodeFrame({
    ...{ program: KEEPALIVE_PROGRAM, version: KEEPALIVE_VERSION, procedure },
    ...{ type: MESSAGE_TYPE.message, serial: 0, status: MESSAGE_STATUS.ok },
  });
}
