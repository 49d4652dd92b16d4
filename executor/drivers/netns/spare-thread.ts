import type { WorkerHandle } from './worker-handle.ts';

/** A thread takes 10 MB: it ends when it has had nothing to do for this long. */
const IDLE_MS = 30_000;

/**
 * A second thread for what the kernel does for two threads at once, such as creating namespaces. It is started by the
 * first work that it could have shared.
 */
export class SpareThread {
  readonly #open: () => Promise<WorkerHandle>;
  #opened: WorkerHandle | null = null;
  #opening: Promise<void> | null = null;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(open: () => Promise<WorkerHandle>) {
    this.#open = open;
  }

  /** Null: it is not running yet, or cannot run. */
  take(): WorkerHandle | null {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
    if (this.#opened === null && !this.#closed) this.#opening ??= this.#start().finally(() => (this.#opening = null));
    return this.#opened;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await this.#opening;
    await this.#end();
  }

  async #start(): Promise<void> {
    // Without it the first thread does all of the work.
    const handle = await this.#open().catch(() => null);
    this.#opened = handle;
    void handle?.ended.then(() => {
      if (this.#opened === handle) this.#opened = null;
    });
  }

  async #end(): Promise<void> {
    const handle = this.#opened;
    this.#opened = null;
    await handle?.close();
  }
}
