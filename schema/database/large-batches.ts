import { Worker } from 'node:worker_threads';
import type { BatchThreadData, BatchThreadMessage, CopiedOutcome } from './batch-thread.ts';
import type { Warn } from './checkpoints.ts';
import type { Group, GroupOutcome } from './connection.ts';
import { DatabaseError } from './database.ts';
import { errorOf } from './error-copy.ts';

/** After so long without a batch the thread ends, and its memory is free again. */
const IDLE_MS = 30_000;

export interface BatchThreadOptions {
  readonly program?: URL;
  readonly idleMs?: number;
}

interface LargeBatchesListener {
  /** The thread has begun to write: nobody else commits until it has ended. */
  readonly begun: () => void;
  /** It has committed, or not, or nobody knows. */
  readonly ended: (committed: 'yes' | DatabaseError['committed']) => void;
  readonly warn: Warn;
}

/** A group, and the thread that is at it. */
interface Work {
  readonly thread: Worker;
  readonly resolve: (outcome: GroupOutcome | undefined) => void;
  readonly reject: (error: unknown) => void;
  begun: boolean;
}

/**
 * Commits large batches in a thread with a connection of its own, so that the event loop and the reads go on. The
 * thread is started with the first one; one that has died is started again with the next.
 */
export class LargeBatches {
  readonly #data: () => BatchThreadData;
  readonly #listener: LargeBatchesListener;
  readonly #program: URL;
  readonly #idleMs: number;
  #thread: Worker | undefined;
  #work: Work | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** `data` is asked whenever the thread starts. */
  constructor(
    data: () => BatchThreadData,
    listener: LargeBatchesListener,
    { program = new URL('./batch-thread.ts', import.meta.url), idleMs = IDLE_MS }: BatchThreadOptions = {},
  ) {
    this.#data = data;
    this.#listener = listener;
    this.#program = program;
    this.#idleMs = idleMs;
  }

  /**
   * Commits a group as {@link Connection.group} does; one at a time. Undefined: there was no thread to begin with it.
   * Throws {@link DatabaseError}.
   */
  async group(batches: Group): Promise<GroupOutcome | undefined> {
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    clearTimeout(this.#idle);
    const thread = this.#running();
    if (thread === undefined) return undefined;
    thread.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#work = { thread, resolve, reject, begun: false };
        thread.postMessage(batches);
      });
    } finally {
      thread.unref();
      this.#idle = setTimeout(() => this.#end(), this.#idleMs).unref();
    }
  }

  /** What the thread is at it brings to its end, and answers; resolves then, undefined where there is nothing. */
  close(): Promise<void> | undefined {
    this.#closed = true;
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#end();
    if (thread === undefined || this.#work === undefined) return undefined;
    return new Promise((resolve) => thread.once('exit', () => resolve()));
  }

  #end(): void {
    this.#thread?.postMessage('close');
    this.#thread = undefined;
  }

  #running(): Worker | undefined {
    try {
      this.#thread ??= this.#start();
    } catch (error) {
      this.#listener.warn('there is no thread to write large batches into the database', error);
    }
    return this.#thread;
  }

  #start(): Worker {
    const thread = new Worker(this.#program, {
      workerData: this.#data(),
      // Flags meant for the main program (a test runner's loaders, for one) are not for this thread.
      execArgv: [],
    });
    thread.on('message', (message: BatchThreadMessage) => this.#heard(message));
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => this.#exited(thread, cause));
    return thread;
  }

  #heard(message: BatchThreadMessage): void {
    if (this.#work === undefined) return;
    if (message === 'begun') {
      if (!this.#work.begun) this.#listener.begun();
      this.#work.begun = true;
    } else if ('isErrorCopy' in message) {
      const error = errorOf(message);
      this.#settle(error.committed, ({ reject }) => reject(error));
    } else {
      this.#settle('yes', ({ resolve }) => resolve(message.map(outcomeOf)));
    }
  }

  #exited(thread: Worker, cause: unknown): void {
    if (this.#thread === thread) this.#thread = undefined;
    const work = this.#work;
    if (work?.thread !== thread) return;
    this.#listener.warn('the thread that writes large batches into the database ended', cause);
    if (!work.begun) {
      this.#settle('no', ({ resolve }) => resolve(undefined));
      return;
    }
    const message = 'the thread that wrote it ended before it answered';
    const lost = new DatabaseError('unavailable', 'thread', message, { committed: 'unknown' });
    this.#settle('unknown', ({ reject }) => reject(lost));
  }

  #settle(committed: 'yes' | DatabaseError['committed'], settle: (work: Work) => void): void {
    const work = this.#work;
    if (work === undefined) return;
    this.#work = undefined;
    if (work.begun) this.#listener.ended(committed);
    settle(work);
  }
}

function outcomeOf(outcome: CopiedOutcome): GroupOutcome[number] {
  return 'isErrorCopy' in outcome ? errorOf(outcome) : outcome;
}
