import { isThreadError, type ThreadHandle, type Warn } from './thread-handle.ts';

/** This number of batches makes about 8 MiB of log. */
const BATCHES = 512;

/** The thread is given a second attempt after a crash. */
const TRIES_MAX = 2;

interface CheckpointListener {
  readonly warn: Warn;
  /** There are no checkpoints any more: the connection that writes must run them itself. */
  readonly ended: () => void;
}

/**
 * Runs checkpoints in a thread: their two fsync(2) take 20 ms, which would block all requests. If the thread does not
 * keep up, the connection that writes runs a checkpoint itself when the log has grown too long.
 */
export class Checkpoints {
  readonly #thread: ThreadHandle;
  readonly #listener: CheckpointListener;
  #batches = 0;
  #busy = false;
  /** Number of crashes of the thread during a checkpoint. */
  #ends = 0;
  /** The last checkpoint failed, which has been logged. */
  #failing = false;
  #closed = false;

  constructor(thread: ThreadHandle, listener: CheckpointListener) {
    this.#thread = thread;
    this.#listener = listener;
  }

  /** To be called for each batch, which makes the log longer. */
  count(): void {
    this.#batches += 1;
    if (this.#batches >= BATCHES) this.ask();
  }

  /** To be called when the log is long. */
  async ask(): Promise<void> {
    if (this.#busy || this.#closed || this.#ends >= TRIES_MAX) return;
    this.#batches = 0;
    this.#busy = true;
    try {
      await this.#thread.ask('checkpoint');
      this.#failing = false;
    } catch (error) {
      if (isThreadError(error)) this.#threadEnded(error);
      else this.#failed(error);
    }
    this.#busy = false;
  }

  close(): void {
    this.#closed = true;
  }

  #threadEnded(error: unknown): void {
    this.#ends += 1;
    if (this.#ends < TRIES_MAX) return;
    this.#listener.warn("the database's log is written back between the requests from now on", error);
    this.#listener.ended();
  }

  /** The next batches trigger another attempt. */
  #failed(error: unknown): void {
    if (!this.#failing) {
      this.#listener.warn('the log of the database could not be written back into its file', error);
    }
    this.#failing = true;
  }
}
