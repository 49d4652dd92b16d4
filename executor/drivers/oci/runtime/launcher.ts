import { Worker } from 'node:worker_threads';
import { RuntimeError } from './errors.ts';
import type { Launch, Launched } from './worker.ts';

/** The thread that starts conmon. There is none before the first launch, and a new one after one that has failed. */
export class Launcher {
  readonly #log: (message: string) => void;
  #worker: Worker | null = null;
  #isClosed = false;
  #launches: Promise<unknown> = Promise.resolve();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  /**
   * Resolves with the process id of conmon. One after another: each answer of the thread belongs to the oldest request.
   *
   * @throws RuntimeError `refused` for what is wrong with the container, or `host`
   */
  launch(launch: Launch, action: string): Promise<number> {
    const sent = this.#launches.then(async () => {
      const said = await this.#ask(launch);
      if (typeof said !== 'number') throw new RuntimeError(said.code, action, said.detail);
      return said;
    });
    this.#launches = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  async #ask(launch: Launch): Promise<Launched> {
    if (this.#isClosed) return failed('it was closed');
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const { promise, resolve } = Promise.withResolvers<Launched>();
    const end = () => resolve(failed('its thread has ended'));
    worker.once('message', resolve).once('exit', end);
    try {
      worker.postMessage(launch);
      return await promise;
    } finally {
      worker.off('message', resolve).off('exit', end);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] });
    worker.on('error', (error) => this.#log(`the thread that starts containers has failed: ${error}`));
    worker.once('exit', () => {
      this.#worker = null;
    });
    return worker;
  }
}

function failed(detail: string): Launched {
  return { code: 'host', detail };
}
