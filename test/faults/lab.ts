import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type RunningExecutor, startExecutor } from '../../executor/main.ts';
import { createApp } from '../../functions/app.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { readConfiguration } from '../../schema/process/configuration.ts';
import { temporaryDirectory } from '../support/database.ts';
import { clearHost } from '../support/host.ts';
import { type Answer, type Instance, requestJson } from '../support/instance.ts';
import { Gate } from './gate.ts';
import { type Place, StepFaults } from './steps.ts';

/**
 * weft in the test's own process: the API without a server, over one database file, and an executor on the test's
 * private host that is halted and built anew in a fraction of the time that a process takes.
 */
export class Lab implements Instance {
  readonly database: Database;
  readonly steps = new StepFaults();
  readonly hasEnded = false;
  readonly #directory: string;
  readonly #app: ReturnType<typeof createApp>;
  readonly #lines: string[] = [];
  #executor: { readonly running: RunningExecutor; readonly gate: Gate } | undefined;

  private constructor(directory: string, database: Database) {
    this.#directory = directory;
    this.database = database;
    this.#app = createApp(() => ({
      database,
      hosts: null,
      origins: new Set(),
      adminToken: undefined,
      readBudget: Number.POSITIVE_INFINITY,
      report: (error) => this.#lines.push(String(error)),
    }));
  }

  /** One that ends with the test, with its executor. */
  static async start(): Promise<Lab> {
    const directory = temporaryDirectory();
    const database = openEmbedded(join(directory, 'weft.db'));
    const lab = new Lab(directory, database);
    onTestFinished(() => lab.clear());
    await migrate(database);
    await lab.startExecutor();
    return lab;
  }

  /** What it has logged so far. */
  get output(): string {
    return this.#lines.join('');
  }

  async startExecutor(): Promise<void> {
    this.steps.restart();
    const configuration = readConfiguration({ WEFT_STATE_DIR: this.#directory });
    const log = pino({ level: 'info' }, { write: (line: string) => void this.#lines.push(line) });
    const gate = new Gate(this.database);
    const stop = (reason: unknown) => this.#lines.push(`stopped: ${String(reason)}\n`);
    const context = { configuration, database: gate, log, stop, ready: Promise.resolve(), isReady: true };
    const running = await startExecutor(context, { wrap: this.steps.wrap });
    this.#executor = { running, gate };
  }

  /** Resolves when the executor comes by a place: by then it is halted, and writes nothing any more. */
  haltAt(place: Place): Promise<void> {
    return new Promise((resolve) => {
      this.steps.onPlace = (current) => {
        if (current !== place) return undefined;
        this.#executor?.gate.shut();
        resolve();
        return new Promise(() => undefined);
      };
    });
  }

  /** Drops the executor as a kill does: nothing is given back, nothing is written. */
  async abandon(): Promise<void> {
    const executor = this.#executor;
    this.#executor = undefined;
    this.steps.onPlace = () => undefined;
    executor?.gate.shut();
    await executor?.running.abandon();
  }

  /** Ends all of it and takes everything off the host. */
  async clear(): Promise<void> {
    await this.abandon();
    this.database.close();
    clearHost();
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return this.#app.request(path, init);
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
    const [rows] = await this.database.write([statement<Row>(text)], { wakes: 'nobody' });
    return rows;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.database.write(statements);
  }
}
