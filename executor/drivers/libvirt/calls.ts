import { type LibvirtError, refusal, remoteRefusal } from './errors.ts';
import { encodeFrame, type Frame } from './frames.ts';
import { MESSAGE_STATUS, MESSAGE_TYPE, remoteError } from './protocol/messages.ts';
import type { Procedure } from './protocol/procedure.ts';
import { REMOTE_PROGRAM, REMOTE_VERSION } from './protocol/remote.ts';
import { decode, encode } from './xdr/types.ts';

export interface CallsOptions {
  /** How many calls may be without an answer at a time; others wait, in order. */
  readonly concurrency: number;
  readonly send: (frame: Buffer) => void;
  /** Called when all calls that libvirtd works on are past their deadlines, so that no other would be sent. */
  readonly stuck: () => void;
}

interface Call {
  readonly procedure: string;
  readonly number: number;
  readonly payload: Buffer;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: LibvirtError) => void;
}

/** The calls of one connection: their serials, their order and their deadlines. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #waiting = new Set<Call>();
  readonly #sent = new Map<number, Call>();
  /** Serials of calls that were rejected at their deadlines, and whose answers may still come. */
  readonly #late = new Set<number>();
  #lastSerial = 0;
  #end: LibvirtError | null = null;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** See `LibvirtConnection.call`. */
  async call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    values: Arguments,
    deadlineMs: number,
  ): Promise<Result> {
    const payload = this.#encoded(procedure, values);
    const answer = await this.#answer(procedure, payload, deadlineMs);
    try {
      return decode(procedure.result, answer);
    } catch (error) {
      throw refusal('protocol', procedure.name, `its answer is not understood: ${String(error)}`);
    }
  }

  /** Takes an answer. One to a call past its deadline is dropped. */
  answered({ serial, status, payload }: Frame): void {
    const call = this.#sent.get(serial);
    this.#sent.delete(serial);
    this.#late.delete(serial);
    if (call !== undefined) {
      clearTimeout(call.timer);
      if (status === MESSAGE_STATUS.ok) call.resolve(payload);
      else call.reject(errorOf(call, payload));
    }
    this.#sendNext();
  }

  /** Rejects all calls, also later ones, as `away`. */
  end(detail: string): void {
    if (this.#end !== null) return;
    this.#end = refusal('away', 'use the connection to libvirt', detail);
    for (const call of this.#sent.values()) {
      clearTimeout(call.timer);
      call.reject(refusal('away', call.procedure, `${detail}; whether it was executed is unknown`));
    }
    for (const call of this.#waiting) {
      clearTimeout(call.timer);
      call.reject(refusal('away', call.procedure, `${detail}; it was not sent`));
    }
    this.#sent.clear();
    this.#waiting.clear();
  }

  #encoded<Arguments>({ name, ...procedure }: Procedure<Arguments, unknown>, values: Arguments): Buffer {
    try {
      return encode(procedure.arguments, values);
    } catch (error) {
      throw refusal('invalid', name, error instanceof Error ? error.message : String(error));
    }
  }

  #answer(procedure: { readonly name: string; readonly number: number }, payload: Buffer, deadlineMs: number) {
    return new Promise<Buffer>((resolve, reject) => {
      if (this.#end !== null) {
        reject(refusal('away', procedure.name, `${this.#end.detail}; it was not sent`));
        return;
      }
      const timer = setTimeout(() => this.#expired(call, deadlineMs), deadlineMs);
      const call: Call = { procedure: procedure.name, number: procedure.number, payload, timer, resolve, reject };
      this.#waiting.add(call);
      this.#sendNext();
    });
  }

  #sendNext(): void {
    for (const call of this.#waiting) {
      if (this.#sent.size + this.#late.size >= this.#options.concurrency) return;
      this.#waiting.delete(call);
      this.#lastSerial += 1;
      this.#sent.set(this.#lastSerial, call);
      this.#options.send(encodeFrame({ ...CALL, procedure: call.number, serial: this.#lastSerial }, call.payload));
    }
  }

  #expired(call: Call, deadlineMs: number): void {
    const serial = this.#sent.entries().find(([, sent]) => sent === call)?.[0];
    if (serial === undefined) {
      this.#waiting.delete(call);
      call.reject(refusal('timeout', call.procedure, `it could not be sent within ${deadlineMs} ms`));
      return;
    }
    this.#sent.delete(serial);
    this.#late.add(serial);
    call.reject(refusal('timeout', call.procedure, `no answer within ${deadlineMs} ms`));
    if (this.#late.size >= this.#options.concurrency) this.#options.stuck();
  }
}

const CALL = {
  program: REMOTE_PROGRAM,
  version: REMOTE_VERSION,
  type: MESSAGE_TYPE.call,
  status: MESSAGE_STATUS.ok,
} as const;

function errorOf({ procedure }: Call, payload: Buffer): LibvirtError {
  try {
    return remoteRefusal(procedure, decode(remoteError, payload));
  } catch (error) {
    return refusal('protocol', procedure, `its error is not understood: ${String(error)}`);
  }
}
