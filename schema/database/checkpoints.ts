import { Worker } from 'node:worker_threads';
import type { CheckpointAnswer } from './checkpoint-thread.ts';

/** So many batches make about 8 MiB of log. */
const BATCHES = 512;

/** A thread that ends is started once more. */
const STARTS_MAX = 2;

/** Told of something that goes wrong and disturbs no call. */
export type Warn = (message: string, cause: unknown) => void;

interface CheckpointListener {
  readonly warn: Warn;
  /** There is no thread any more: whoever writes has to write the log back. */
  readonly ended: () => void;
}

/**
 * Has the log written back into the database's file by a thread: its two fsync(2) take 20 ms, in which no request would
 * be answered. What a thread does not get done, the connection that writes does itself when the log has grown too long.
 */
export class Checkpoints {
  readonly #path: string;
  readonly #listener: CheckpointListener;
  readonly #program: URL;
  #thread: Worker | undefined;
  #starts = 0;
  #batches = 0;
  #busy = false;
  /** The last checkpoint failed, and that was said. */
  #failing = false;
  #closed = false;

  constructor(
    path: string,
    listener: CheckpointListener,
    program = new URL('./checkpoint-thread.ts', import.meta.url),
  ) {
    this.#path = path;
    this.#listener = listener;
    this.#program = program;
  }

  /** To be called with each batch; the thread is started with the first log that is long enough. */
  count(): void {
    this.#batches += 1;
    if (this.#busy || this.#batches < BATCHES) return;
    this.#batches = 0;
    this.#busy = true;
    this.#thread ??= this.#start();
    this.#thread.postMessage('checkpoint');
  }

  close(): void {
    this.#closed = true;
    this.#thread?.postMessage('close');
  }

  #start(): Worker {
    this.#starts += 1;
    const thread = new Worker(this.#program, {
      workerData: this.#path,
      // Flags meant for the main program (a test runner's loaders, for one) are not for this thread.
      execArgv: [],
    });
    thread.unref();
    thread.on('message', (answer: CheckpointAnswer) => this.#answered(answer));
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('exit', () => this.#ended(cause));
    return thread;
  }

  #answered({ error }: CheckpointAnswer): void {
    this.#busy = false;
    if (error !== undefined && !this.#failing) {
      this.#listener.warn('the log of the database could not be written back into its file', error);
    }
    this.#failing = error !== undefined;
  }

  #ended(cause: unknown): void {
    if (this.#closed) return;
    this.#thread = undefined;
    const last = this.#starts >= STARTS_MAX;
    const then = last ? 'its work is done between the requests from now on' : 'it is started again';
    this.#listener.warn(`the thread that writes the database's log back ended; ${then}`, cause);
    if (last) this.#listener.ended();
    // Without a thread it stays busy, and no other is asked for.
    else this.#busy = false;
  }
}
