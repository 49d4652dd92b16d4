import { Worker } from 'node:worker_threads';
import type { Connection } from '../reopening.ts';
import { NetnsError, refusal } from './errors.ts';
import type { Answer, Call, WorkerOptions } from './protocol.ts';

interface Waiter {
  resolve: (value: unknown) => void;
  reject: (error: NetnsError) => void;
}

/** The main thread's side of the worker: a promise for each call. */
export class WorkerHandle implements Connection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiter>();
  readonly ended: Promise<string | null>;
  #lastId = 0;
  #end: NetnsError | null = null;
  #closing = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#rejectAll(error instanceof Error ? error.message : String(error)));
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        const { detail } = this.#rejectAll('its thread has ended');
        resolve(this.#closing ? null : detail);
      });
    });
  }

  /** Settles when the worker has started, or failed to. */
  started(): Promise<unknown> {
    return this.#wait(0);
  }

  call(verb: Call['verb'], request: unknown): Promise<unknown> {
    if (this.#end !== null) return Promise.reject(this.#end);
    this.#lastId += 1;
    const call: Call = { id: this.#lastId, verb, request };
    this.#worker.postMessage(call);
    return this.#wait(call.id);
  }

  /** Ends the thread when the calls made so far are done. */
  async close(): Promise<void> {
    if (!this.#closing && this.#end === null) {
      this.#closing = true;
      this.#end = refusal('invalid', 'use the netns driver', 'it has been closed');
      this.#worker.postMessage('close');
    }
    await this.ended;
  }

  #wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(answer: Answer): void {
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiter?.reject(new NetnsError(answer.error));
    else waiter?.resolve(answer.value);
  }

  /** Returns the error that calls are rejected with from now on. */
  #rejectAll(detail: string): NetnsError {
    this.#end ??= refusal('away', 'use the netns driver', detail);
    for (const waiter of this.#waiting.values()) waiter.reject(this.#end);
    this.#waiting.clear();
    return this.#end;
  }
}

/** @throws NetnsError if the worker cannot start */
export async function startWorker(
  options: WorkerOptions,
  program = new URL('./worker.ts', import.meta.url),
): Promise<WorkerHandle> {
  // Flags for the main program (the loaders of a test runner, for one) do not apply to this thread.
  const worker = new Worker(program, { workerData: options, execArgv: [] });
  const handle = new WorkerHandle(worker);
  await handle.started();
  return handle;
}
