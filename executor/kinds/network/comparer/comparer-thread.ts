import { Worker } from 'node:worker_threads';
import type { Changed } from '../../../../schema/resources/definition.ts';
import type { Connection } from '../../../drivers/reopening.ts';
import type { Comparison } from '../../../loop/reconcile/differences.ts';
import { TechnologyAway } from '../../health.ts';
import type { Answer, Call, ComparerOptions } from './protocol.ts';
import { received } from './sent-error.ts';

/** The main thread's side of the thread: a promise for each comparison. */
export class ComparerThread implements Connection {
  readonly #worker: Worker;
  readonly #deadlineMs: number;
  readonly #waiting = new Map<number, PromiseWithResolvers<Comparison>>();
  readonly #ended = Promise.withResolvers<string | null>();
  #calls = 0;
  #fault = 'its thread has ended';
  #closing = false;
  #over = false;

  constructor(program: URL, options: ComparerOptions, deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
    // Flags of the main program (such as the loaders of a test runner) do not apply to this thread.
    this.#worker = new Worker(program, { workerData: options, execArgv: [] });
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => {
      this.#fault = error instanceof Error ? error.message : String(error);
    });
    this.#worker.once('exit', () => this.#end());
  }

  get ended(): Promise<string | null> {
    return this.#ended.promise;
  }

  async compare(changed: Changed): Promise<Comparison> {
    if (this.#over) throw new TechnologyAway(this.#fault);
    this.#calls += 1;
    const id = this.#calls;
    const waiter = Promise.withResolvers<Comparison>();
    this.#waiting.set(id, waiter);
    this.#post({ id, changed });
    const late = setTimeout(() => this.#giveUp(), this.#deadlineMs);
    try {
      return await waiter.promise;
    } finally {
      clearTimeout(late);
    }
  }

  /** A comparison in progress is interrupted, which is safe: it only reads. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#waiting.size === 0) this.#post('close');
    else void this.#worker.terminate();
    await this.ended;
  }

  #post(call: Call): void {
    this.#worker.postMessage(call);
  }

  #settle(answer: Answer): void {
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiter?.reject(received(answer.error));
    else waiter?.resolve(answer.comparison);
  }

  /** A thread that is blocked in the kernel cannot be ended: it is not awaited. */
  #giveUp(): void {
    this.#fault = `it did not answer within ${this.#deadlineMs / 1000} s`;
    void this.#worker.terminate();
    this.#end();
  }

  #end(): void {
    this.#over = true;
    for (const { reject } of this.#waiting.values()) reject(new TechnologyAway(this.#fault));
    this.#waiting.clear();
    this.#ended.resolve(this.#closing ? null : this.#fault);
  }
}
