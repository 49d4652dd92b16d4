import { Worker } from 'node:worker_threads';
import type { GroupOutcome } from './connection.ts';
import { DatabaseError } from './database.ts';
import type { CopiedOutcome, ThreadData, ThreadMessage, ThreadRequest } from './database-thread.ts';
import { errorOf } from './error-copy.ts';

/** After this time without a request the thread ends, and its memory is freed. */
const IDLE_MS = 30_000;

/** Called for a failure that affects no call. */
export type Warn = (message: string, cause: unknown) => void;

export interface ThreadOptions {
  readonly program?: URL;
  readonly idleMs?: number;
}

/** A request that the thread has not answered yet. */
interface PendingRequest {
  readonly request: ThreadRequest;
  readonly begun: () => void;
  readonly resolve: (outcome: GroupOutcome) => void;
  readonly reject: (error: DatabaseError) => void;
  hasBegun: boolean;
}

/**
 * A thread with a connection of its own, for work that would block the event loop for too long. It is started with the
 * first request; after a crash, or after its idle time, it is started again with the next.
 */
export class ThreadHandle {
  readonly #data: () => ThreadData;
  readonly #warn: Warn;
  readonly #program: URL;
  readonly #idleMs: number;
  #thread: Worker | undefined;
  /** In the order of its answers: it executes the first. */
  readonly #asked: PendingRequest[] = [];
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** `data` is called whenever the thread starts. */
  constructor(
    data: () => ThreadData,
    warn: Warn,
    { program = new URL('./database-thread.ts', import.meta.url), idleMs = IDLE_MS }: ThreadOptions = {},
  ) {
    this.#data = data;
    this.#warn = warn;
    this.#program = program;
    this.#idleMs = idleMs;
  }

  /**
   * Resolves with the outcome of each batch. `begun` is called once, when the thread holds the write lock for them.
   * Throws {@link DatabaseError}, for which {@link isThreadError} is true if the thread ended before it answered.
   */
  ask(request: ThreadRequest, begun: () => void = () => undefined): Promise<GroupOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
      this.#send({ request, begun, resolve, reject, hasBegun: false });
    });
  }

  /** Pending requests are completed and answered; returns a promise for that if any of them writes, else undefined. */
  close(): Promise<void> | undefined {
    this.#closed = true;
    clearTimeout(this.#idle);
    const thread = this.#thread;
    thread?.postMessage('close');
    if (thread === undefined || this.#asked.every(({ request }) => request === 'checkpoint')) return undefined;
    return new Promise((resolve) => thread.once('exit', () => resolve()));
  }

  #send(asked: PendingRequest): void {
    clearTimeout(this.#idle);
    const thread = this.#running();
    if (thread === undefined) {
      asked.reject(threadError(asked));
      return;
    }
    thread.postMessage(asked.request);
    thread.ref();
    this.#asked.push(asked);
  }

  #running(): Worker | undefined {
    try {
      this.#thread ??= this.#start();
    } catch (error) {
      this.#warn('the thread beside the database could not be started', error);
    }
    return this.#thread;
  }

  #start(): Worker {
    const thread = new Worker(this.#program, {
      workerData: this.#data(),
      // Flags for the main program (the loaders of a test runner, for one) do not apply to this thread.
      execArgv: [],
    });
    thread.on('message', (message: ThreadMessage) => this.#heard(message));
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => this.#exited(thread, cause));
    return thread;
  }

  #heard(message: ThreadMessage): void {
    const [first] = this.#asked;
    if (first === undefined) return;
    if (message === 'begun') {
      if (!first.hasBegun) first.begun();
      first.hasBegun = true;
      return;
    }
    this.#asked.shift();
    if (this.#asked.length === 0) this.#rest();
    if ('isErrorCopy' in message) first.reject(errorOf(message));
    else first.resolve(message.map(outcomeOf));
  }

  #rest(): void {
    this.#thread?.unref();
    if (!this.#closed) this.#idle = setTimeout(() => this.#end(), this.#idleMs).unref();
  }

  #end(): void {
    this.#thread?.postMessage('close');
    this.#thread = undefined;
  }

  #exited(thread: Worker, cause: unknown): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const [first, ...others] = this.#asked.splice(0);
    // It was closed.
    if (this.#closed && first === undefined) return;
    this.#warn('the thread beside the database ended', cause);
    first?.reject(threadError(first));
    for (const asked of others) {
      if (this.#closed) asked.reject(threadError(asked));
      else this.#send(asked);
    }
  }
}

/** Whether the cause is a missing thread: `committed` says whether one had begun. */
export function isThreadError(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.reason === 'thread';
}

function threadError({ hasBegun }: PendingRequest): DatabaseError {
  return hasBegun
    ? new DatabaseError('unavailable', 'thread', 'the thread that wrote it ended before it answered', {
        committed: 'unknown',
      })
    : new DatabaseError('unavailable', 'thread', 'there was no thread to begin with it');
}

function outcomeOf(outcome: CopiedOutcome): GroupOutcome[number] {
  return 'isErrorCopy' in outcome ? errorOf(outcome) : outcome;
}
