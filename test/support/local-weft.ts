import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { LoopTimes } from '../../executor/loop/times.ts';
import { type RunningExecutor, startExecutor } from '../../executor/main.ts';
import { type RunningServer, startServer } from '../../functions/server.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { readConfiguration } from '../../schema/process/configuration.ts';
import { temporaryDirectory } from './database.ts';
import { empty } from './database-template.ts';
import { clearHost } from './host.ts';
import { type Answer, requestJson, type ServedInstance } from './instance.ts';
import { endProcesses } from './processes.ts';
import { whenFinished } from './shared.ts';

export interface LocalOptions {
  /** weft's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly times?: Partial<LoopTimes>;
  /** The API alone. */
  readonly apiOnly?: boolean;
  readonly port?: number;
}

interface Running {
  readonly database: Database;
  readonly server: RunningServer;
  readonly executor: RunningExecutor | undefined;
}

/**
 * weft in the test's own process, served as `npm start` serves it, for tests of its answers and actions: it starts in a
 * tenth of the time of a process ({@link Weft}). The executor compares the whole host itself, without a thread for
 * that.
 */
export class LocalWeft implements ServedInstance {
  readonly stateDirectory = temporaryDirectory();
  readonly hasEnded = false;
  /** Why the executor has asked for the process to end. */
  stopped: unknown;
  readonly #options: LocalOptions;
  readonly #lines: string[] = [];
  #url = '';
  #running: Running | undefined;

  private constructor(options: LocalOptions) {
    this.#options = options;
  }

  /** The API and an executor on the test's private host; everything ends with the test. */
  static async start(options: LocalOptions = {}): Promise<LocalWeft> {
    const weft = new LocalWeft(options);
    whenFinished(() => weft.clear());
    await weft.restart();
    return weft;
  }

  /** The API alone, on a free port or the given one. */
  static serve(port?: number): Promise<LocalWeft> {
    return LocalWeft.start({ apiOnly: true, ...(port === undefined ? {} : { port }) });
  }

  get databaseFile(): string {
    return join(this.stateDirectory, 'database', 'weft.db');
  }

  get url(): string {
    return this.#url;
  }

  /** What it has logged so far. */
  get output(): string {
    return this.#lines.join('');
  }

  /** After {@link stop} or {@link abandon}: on the same port, with the same database; also with these variables. */
  async restart(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { apiOnly = false, port = 0, times = {} } = this.#options;
    const address = this.#url === '' ? `127.0.0.1:${port}` : new URL(this.#url).host;
    const configuration = readConfiguration({
      ...{ WEFT_STATE_DIR: this.stateDirectory, WEFT_LISTEN: address },
      ...this.#options.environment,
      ...environment,
    });
    mkdirSync(dirname(this.databaseFile), { recursive: true });
    const database = await this.#openDatabase();
    const log = pino({ level: configuration.logLevel }, { write: (line: string) => void this.#lines.push(line) });
    const stop = (reason: unknown) => {
      this.stopped = reason;
    };
    const context = { configuration, database, log, stop, ready: Promise.resolve(), isReady: true };
    const executor = apiOnly ? undefined : await startExecutor(context, { times, comparer: false });
    const server = await startServer(configuration, database, log);
    this.#url = server.urls[0] ?? '';
    this.#running = { database, server, executor };
  }

  /** A new one, or the one that is there, which may be from before a restart or of an earlier version. */
  async #openDatabase(): Promise<Database> {
    const options = { synchronous: 'normal' } as const;
    if (!existsSync(this.databaseFile)) return empty.open(this.databaseFile, options);
    const database = openEmbedded(this.databaseFile, options);
    await migrate(database);
    return database;
  }

  /** Shuts it down. */
  async stop(): Promise<void> {
    await this.#end((executor) => executor.close());
  }

  /** Ends it like a kill: no lease is released. */
  async abandon(): Promise<void> {
    await this.#end((executor) => executor.abandon());
  }

  /** Ends it and removes everything from the host. */
  async clear(): Promise<void> {
    await this.stop();
    if (this.#options.apiOnly === true) return;
    await endProcesses(this.stateDirectory);
    clearHost();
  }

  async #end(endExecutor: (executor: RunningExecutor) => Promise<void>): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    const { server, executor, database } = running;
    await Promise.all([server.close(), executor && endExecutor(executor)]);
    database.close();
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.#url}${path}`, init);
  }

  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return requestJson((...args) => this.fetch(...args), method, path, body, headers);
  }

  async sql<Row = Record<string, unknown>>(text: string): Promise<Row[]> {
    const [rows] = await this.#use((database) => database.write([statement<Row>(text)], { audience: 'none' }));
    return rows;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.#use((database) => database.write(statements));
  }

  /** Also while it is not running. */
  async #use<Result>(use: (database: Database) => Promise<Result>): Promise<Result> {
    if (this.#running) return use(this.#running.database);
    const database = openEmbedded(this.databaseFile);
    try {
      return await use(database);
    } finally {
      database.close();
    }
  }
}
