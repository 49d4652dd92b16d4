import { setTimeout as pause } from 'node:timers/promises';
import Libsql from 'libsql';
import type { StreamRequest, StreamResult } from './hrana.ts';
import { Stream } from './stream.ts';

export interface EngineOptions {
  /** How long a pipeline waits for another process' lock, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** Maximum size of the rows of an answer. */
  readonly answerLimitBytes: number;
}

const RETRY_MS = 10;

/** Executes pipelines on a local file, each on a connection that no other one uses at the same time. */
export class Engine {
  readonly #path: string;
  readonly #options: EngineOptions;
  /** Stays open, so that there is no checkpoint whenever the last connection is closed. */
  readonly #first: Libsql.Database;
  #idle: Libsql.Database | undefined;
  #closed = false;

  constructor(path: string, options: EngineOptions) {
    this.#path = path;
    this.#options = options;
    this.#first = new Libsql(path, { timeout: 5_000 });
    this.#first.pragma('journal_mode = WAL');
  }

  /** Waits for a lock without blocking the event loop, since its holder may be in this process. */
  async serve(requests: readonly StreamRequest[]): Promise<StreamResult[]> {
    const end = performance.now() + this.#options.busyTimeoutMs;
    for (;;) {
      const results = this.#attempt(requests);
      if (!results.some(metLock) || performance.now() > end) return results;
      await pause(RETRY_MS);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#idle?.close();
    this.#first.close();
  }

  #attempt(requests: readonly StreamRequest[]): StreamResult[] {
    if (this.#closed) throw new Error('the server is closed');
    const database = this.#idle ?? this.#open();
    this.#idle = undefined;
    const results = new Stream(database, this.#options.answerLimitBytes).serve(requests);
    // A statement that failed may not have been reset, and a transaction that was left open ends with its connection.
    if (results.every(went) && !database.inTransaction) this.#idle = database;
    else database.close();
    return results;
  }

  #open(): Libsql.Database {
    const database = new Libsql(this.#path, { timeout: 0 });
    // Committed data must survive the process, not the machine.
    database.pragma('synchronous = OFF');
    return database;
  }
}

/** The transaction could not begin. */
function metLock(result: StreamResult): boolean {
  const [begin] = stepErrors(result);
  return begin?.code.startsWith('SQLITE_BUSY') ?? false;
}

function went(result: StreamResult): boolean {
  return result.type === 'ok' && stepErrors(result).every((error) => error === null);
}

function stepErrors(result: StreamResult): ({ code: string } | null)[] {
  if (result.type === 'error') return [result.error];
  const batch: unknown = Reflect.get(result.response, 'result');
  return (Reflect.get(Object(batch), 'step_errors') as ({ code: string } | null)[] | undefined) ?? [];
}
