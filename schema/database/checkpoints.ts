import { Worker } from 'node:worker_threads';

/** So many batches make about 8 MiB of log. */
const BATCHES = 512;

/**
 * Has the log written back into the database's file by a thread: its two fsync(2) take 20 ms, in which nobody would be
 * answered. What a thread does not get done, the connection that writes does itself when the log has grown too long.
 */
export class Checkpoints {
  readonly #path: string;
  #thread: Worker | undefined;
  #batches = 0;
  #busy = false;

  constructor(path: string) {
    this.#path = path;
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
    this.#thread?.postMessage('close');
  }

  #start(): Worker {
    const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: this.#path,
      // Flags meant for the main program (a test runner's loaders, for one) are not for this thread.
      execArgv: [],
    });
    thread.unref();
    thread.on('message', () => {
      this.#busy = false;
    });
    // It stays busy then, and is not asked again.
    thread.on('error', () => undefined);
    return thread;
  }
}
