import { Worker } from 'node:worker_threads';
import { asNetnsError, NetnsError, refusal } from './errors.ts';
import type { Answer, Call, WorkerOptions } from './protocol.ts';

interface Waiter {
  resolve: (value: unknown) => void;
  reject: (error: NetnsError) => void;
}

/** The main thread's side of the worker: a promise for each call. */
export class WorkerHandle {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiter>();
  readonly exited: Promise<void>;
  #lastId = 0;
  #ended: NetnsError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', (error) => this.#end(asNetnsError(error, 'run the netns driver')));
    worker.on('exit', () => this.#end(refusal('kernel', 'run the netns driver', 'its worker thread has ended')));
  }

  /** Settles once the worker has started, or could not. */
  started(): Promise<unknown> {
    return this.#wait(0);
  }

  call(verb: Call['verb'], request: unknown, expires: bigint | null): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const call: Call = { id: this.#lastId, verb, request, expires };
    this.#worker.postMessage(call);
    return this.#wait(call.id);
  }

  close(): Promise<void> {
    if (this.#ended === null) {
      this.#ended = refusal('invalid', 'use the netns driver', 'it has been closed');
      this.#worker.postMessage('close');
    }
    return this.exited;
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

  #end(reason: NetnsError): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiting.values()) waiter.reject(reason);
    this.#waiting.clear();
  }
}

/** @throws NetnsError as the worker could not start */
export async function startWorker(options: WorkerOptions): Promise<WorkerHandle> {
  // Flags meant for the main program (a test runner's loaders, for one) are not for this thread.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options, execArgv: [] });
  const handle = new WorkerHandle(worker);
  await handle.started();
  return handle;
}
