import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CrowdOptions, CrowdReport } from './crowd-thread.ts';

/** Many monitors, in a thread that ends with its scope. */
export class Crowd implements AsyncDisposable {
  /** What each was told of, in this order, as soon as all were told of as many containers as there are to be. */
  readonly known: Promise<readonly (readonly string[])[]>;
  readonly #thread: Worker;

  private constructor(thread: Worker) {
    this.#thread = thread;
    this.known = reportOf(thread).then((report) => (report.kind === 'done' ? report.known : []));
  }

  /** Returns when all have started. */
  static async start(options: CrowdOptions): Promise<Crowd> {
    const thread = startThread('crowd-thread.ts', options);
    await reportOf(thread);
    return new Crowd(thread);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}

/** Requests to an API one after another, in a thread that ends with its scope. */
export class Asking implements AsyncDisposable {
  readonly #thread: Worker;

  private constructor(thread: Worker) {
    this.#thread = thread;
  }

  /** Returns when the first one is answered. */
  static async start(url: string): Promise<Asking> {
    const thread = startThread('asking-thread.ts', url);
    await once(thread, 'message');
    return new Asking(thread);
  }

  /** Returns how long each took, in milliseconds. */
  async end(): Promise<readonly number[]> {
    const durations = once(this.#thread, 'message');
    this.#thread.postMessage('stop');
    return (await durations)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}

function startThread(file: string, workerData: unknown): Worker {
  return new Worker(new URL(file, import.meta.url), { workerData });
}

async function reportOf(thread: Worker): Promise<CrowdReport> {
  const [report] = await once(thread, 'message');
  return report;
}

/** `part`: 0.5 for the median. */
export function quantileOf(numbers: readonly number[], part: number): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length * part)] ?? Number.POSITIVE_INFINITY;
}
