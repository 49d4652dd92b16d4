import { isThreadError, type ThreadHandle, type Warn } from './thread-handle.ts';

/** So many batches make about 8 MiB of log. */
const BATCHES = 512;

/** A thread that ends is given a second try. */
const TRIES_MAX = 2;

interface CheckpointListener {
  readonly warn: Warn;
  /** There are no checkpoints any more: whoever writes has to write the log back. */
  readonly ended: () => void;
}

/**
 * Has the log written back into the database's file by a thread: its two fsync(2) take 20 ms, in which no request would
 * be answered. What a thread does not get done, the connection that writes does itself when the log has grown too long.
 */
export class Checkpoints {
  readonly #thread: ThreadHandle;
  readonly #listener: CheckpointListener;
  #batches = 0;
  #busy = false;
  /** So often a thread has ended over it. */
  #ends = 0;
  /** The last checkpoint failed, and that was said. */
  #failing = false;
  #closed = false;

  constructor(thread: ThreadHandle, listener: CheckpointListener) {
    this.#thread = thread;
    this.#listener = listener;
  }

  /** To be called with each batch: the log grows. */
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

  /** It is tried again with the next ones. */
  #failed(error: unknown): void {
    if (!this.#failing) {
      this.#listener.warn('the log of the database could not be written back into its file', error);
    }
    this.#failing = true;
  }
}
