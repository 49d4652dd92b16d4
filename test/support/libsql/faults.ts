import type { ServedRequest } from './request-log.ts';

/** The effect of a fault on a request. Unless stated otherwise the request is not executed. */
export type Fault =
  /** The connection is reset. */
  | 'refuse'
  /** The connection is closed: without an answer, and (`cutAfter`) after the request was executed. */
  | 'cutBefore'
  | 'cutAfter'
  /** There is no answer until the server is closed; `hangAfter` has executed the request. */
  | 'hangBefore'
  | 'hangAfter'
  /** Executed; the headers of the answer are sent, and no body. */
  | 'hangBody'
  /** Executed; the answer is sent a byte at a time, and never completed. */
  | 'trickle'
  /** Executed; half of the answer is sent, and the connection is closed. */
  | 'truncate'
  /** Executed twice, as by a proxy that repeats requests; the second answer is sent. */
  | 'twice'
  /** Rejected by SQLite, in an answer with status 200. */
  | 'busy'
  | 'full'
  | 'readonly'
  | 'corrupt'
  | 'ioerr'
  | Refusal
  /** Executed and answered after a delay, even if the client has disconnected. */
  | { readonly delayMs: number }
  | HttpAnswer;

/** A step of the batch fails with this result code of SQLite, and the batch is rolled back. */
export interface Refusal {
  readonly sqlite: string;
  readonly at: 'begin' | 'statement' | 'commit';
}

/** An HTTP answer in place of the database's. */
export interface HttpAnswer {
  readonly status: number;
  /** A string as it is, anything else as `application/json`. */
  readonly body?: string | object;
  readonly contentType?: string;
  /** Whether the request is executed nevertheless. */
  readonly executed?: boolean;
}

export const refusals: Readonly<Record<string, Refusal>> = {
  busy: { sqlite: 'SQLITE_BUSY', at: 'begin' },
  full: { sqlite: 'SQLITE_FULL', at: 'statement' },
  readonly: { sqlite: 'SQLITE_READONLY', at: 'begin' },
  corrupt: { sqlite: 'SQLITE_CORRUPT', at: 'statement' },
  ioerr: { sqlite: 'SQLITE_IOERR', at: 'statement' },
};

/** The refusal of a fault, if it is one. */
export function refusalOf(fault: Fault): Refusal | undefined {
  if (typeof fault === 'string') return refusals[fault];
  return 'sqlite' in fault ? fault : undefined;
}

type Choose = (request: ServedRequest) => Fault | undefined;

interface Planned {
  readonly fault: Fault;
  readonly when: (request: ServedRequest) => boolean;
  readonly struck: (request: ServedRequest) => void;
}

/** Which requests meet which fault. */
export class Faults {
  #planned: Planned[] = [];
  #choose: Choose = () => undefined;

  /** For the next request (for which `when` is true), once; resolves with that request. */
  next(fault: Fault, { when = () => true }: { when?: Planned['when'] } = {}): Promise<ServedRequest> {
    return new Promise((struck) => this.#planned.push({ fault, when, struck }));
  }

  /** For every request from now on, the result of the function. */
  set(choose: Choose | Fault): void {
    this.#choose = typeof choose === 'function' ? choose : () => choose;
  }

  /** No faults from now on. */
  clear(): void {
    this.#planned = [];
    this.#choose = () => undefined;
  }

  take(request: ServedRequest): Fault | undefined {
    const planned = this.#planned.find(({ when }) => when(request));
    if (!planned) return this.#choose(request);
    this.#planned = this.#planned.filter((each) => each !== planned);
    planned.struck(request);
    return planned.fault;
  }
}
