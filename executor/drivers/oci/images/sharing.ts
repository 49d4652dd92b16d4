import { abortError } from './programs.ts';

interface Shared<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Tasks that are run once however many callers wait for them, and that are aborted when none waits any more. */
export class SharedTasks<T> {
  readonly #current = new Map<string, Shared<T>>();
  /** With those that have been aborted and are clearing up. */
  readonly #running = new Set<Shared<T>>();

  /**
   * Runs the task of this key, or waits for the one that is running. A caller that gives up is answered at once if
   * others still wait, else when the task has cleared up.
   */
  run(key: string, action: string, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(abortError(signal, action));
    const shared = this.#current.get(key) ?? this.#start(key, task);
    shared.waiting += 1;
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        const error = abortError(signal, action);
        shared.waiting -= 1;
        if (shared.waiting > 0) return reject(error);
        if (this.#current.get(key) === shared) this.#current.delete(key);
        shared.controller.abort(error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      shared.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** Aborts all, and waits until they have cleared up. */
  async abort(reason: Error): Promise<void> {
    this.#current.clear();
    const running = [...this.#running];
    for (const { controller } of running) controller.abort(reason);
    await Promise.allSettled(running.map(({ result }) => result));
  }

  #start(key: string, task: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const controller = new AbortController();
    const shared: Shared<T> = { result: task(controller.signal), controller, waiting: 0 };
    this.#current.set(key, shared);
    this.#running.add(shared);
    const ended = () => {
      this.#running.delete(shared);
      if (this.#current.get(key) === shared) this.#current.delete(key);
    };
    shared.result.then(ended, ended);
    return shared;
  }
}
