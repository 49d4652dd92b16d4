import { Worker } from 'node:worker_threads';
import { RuntimeError } from './errors.ts';
import type { Launch } from './worker.ts';

/** The thread that starts conmon. */
export class Launcher {
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<string>();
  #launches: Promise<unknown> = Promise.resolve();

  constructor(log: (message: string) => void) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] });
    this.#worker.on('error', (error) => log(`the thread that starts containers has failed: ${error}`));
    this.#worker.once('exit', () => this.#ended.resolve('its thread has ended'));
  }

  /**
   * Resolves with the process id of conmon. One after another: each answer of the thread belongs to the oldest request.
   *
   * @throws RuntimeError `host`
   */
  launch(launch: Launch, action: string): Promise<number> {
    const sent = this.#launches.then(async () => {
      const answer = Promise.withResolvers<string | number>();
      this.#worker.once('message', answer.resolve);
      this.#worker.postMessage(launch);
      const said = await Promise.race([answer.promise, this.#ended.promise]);
      if (typeof said === 'string') throw new RuntimeError('host', action, said);
      return said;
    });
    this.#launches = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
