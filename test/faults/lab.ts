import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { LoopTimes } from '../../executor/loop/times.ts';
import { type RunningExecutor, startExecutor } from '../../executor/main.ts';
import { createApp } from '../../functions/app.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { readConfiguration } from '../../schema/process/configuration.ts';
import { deleteRows } from '../support/database.ts';
import { empty } from '../support/database-template.ts';
import { clearHost } from '../support/host.ts';
import { type Answer, type Instance, requestJson } from '../support/instance.ts';
import { endProcesses } from '../support/processes.ts';
import { removeDirectory } from '../support/remove-directory.ts';
import { FaultyDatabase } from './faulty-database.ts';
import { Gate } from './gate.ts';
import { type Place, StepFaults } from './steps.ts';

export interface LabOptions {
  readonly times?: Partial<LoopTimes>;
  /** weft's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Opens the database in a directory; an embedded one by default. */
  readonly openDatabase?: OpenDatabase;
}

export type OpenDatabase = (directory: string) => Promise<OpenedDatabase>;

export interface OpenedDatabase {
  readonly database: Database;
  close(): Promise<void>;
}

/**
 * weft in the test's own process: the API without a server, over one database, and an executor on the test's private
 * host. The executor is dropped and built again in a fraction of the time that a process takes. Only the executor's
 * database has faults.
 */
export class Lab implements Instance {
  readonly stateDirectory: string;
  readonly database: Database;
  /** The executor's view of the same database. */
  readonly executorDatabase: FaultyDatabase;
  readonly steps = new StepFaults();
  readonly hasEnded = false;
  /** Why the executor has asked for the process to end. */
  stopped: unknown;
  readonly #opened: OpenedDatabase;
  readonly #times: Partial<LoopTimes>;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #app: ReturnType<typeof createApp>;
  readonly #lines: string[] = [];
  #executor: RunningExecutor | undefined;
  /** Also of an executor that is still being built. */
  #gate: Gate | undefined;

  private constructor(directory: string, opened: OpenedDatabase, { times = {}, environment = {} }: LabOptions) {
    const { database } = opened;
    this.stateDirectory = directory;
    this.#opened = opened;
    this.#times = times;
    this.#environment = environment;
    this.database = database;
    this.executorDatabase = new FaultyDatabase(database);
    this.#app = createApp(() => ({
      database,
      hosts: null,
      origins: new Set(),
      adminToken: undefined,
      readBudget: Number.POSITIVE_INFINITY,
      report: (error) => this.#lines.push(`${String(error)}\n`),
    }));
  }

  /** A lab without an executor, which the caller must clear. */
  static async open(options: LabOptions = {}): Promise<Lab> {
    const { openDatabase = openFile } = options;
    const directory = mkdtempSync(join(tmpdir(), 'weft-lab-'));
    const lab = new Lab(directory, await openDatabase(directory), options);
    await migrate(lab.database);
    return lab;
  }

  /** A lab with an executor; both end with the test. */
  static async start(options?: LabOptions): Promise<Lab> {
    const lab = await Lab.open(options);
    onTestFinished(() => lab.clear());
    await lab.startExecutor();
    return lab;
  }

  /** What it has logged so far. */
  get output(): string {
    return this.#lines.join('');
  }

  async startExecutor(): Promise<void> {
    this.steps.restart();
    const configuration = readConfiguration({ WEFT_STATE_DIR: this.stateDirectory, ...this.#environment });
    const log = pino({ level: 'info' }, { write: (line: string) => void this.#lines.push(line) });
    const gate = new Gate(this.executorDatabase);
    this.#gate = gate;
    const stop = (reason: unknown) => {
      this.stopped = reason;
    };
    const context = { configuration, database: gate, log, stop, ready: Promise.resolve(), isReady: true };
    // A thread would use its own connection to the database, without faults.
    this.#executor = await startExecutor(context, { wrap: this.steps.wrap, times: this.#times, comparer: false });
  }

  /** Resolves when the executor reaches a place: it is halted then, and writes nothing. */
  haltAt(place: Place): Promise<void> {
    return new Promise((resolve) => {
      this.steps.onPlace = (current) => {
        if (current !== place) return undefined;
        this.#gate?.shut();
        resolve();
        return new Promise(() => undefined);
      };
    });
  }

  /** Drops the executor like a kill: nothing is released or written. */
  async abandon(): Promise<void> {
    const executor = this.#executor;
    this.#executor = undefined;
    this.steps.onPlace = () => undefined;
    this.#gate?.shut();
    await executor?.abandon();
  }

  /** Removes all resources and their objects on the host, while the executor is running and idle. */
  async empty(): Promise<void> {
    this.steps.reset();
    await deleteRows(this.database, 'hypervisors');
    clearHost();
    // A scan that began before has ended when this one has: it cannot file a repair of a later resource with the same
    // name.
    await this.request('POST', '/hypervisors/host1/resync', undefined, { prefer: 'wait=30' });
    await deleteRows(this.database, 'hypervisors');
  }

  /** Ends the lab and removes everything from the host. */
  async clear(): Promise<void> {
    await this.abandon();
    await this.#opened.close();
    await endProcesses(this.stateDirectory);
    clearHost();
    await removeDirectory(this.stateDirectory);
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
    const [rows] = await this.database.write([statement<Row>(text)], { audience: 'none' });
    return rows;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.database.write(statements);
  }
}

async function openFile(directory: string): Promise<OpenedDatabase> {
  const database = await empty.open(join(directory, 'weft.db'), { synchronous: 'normal' });
  return { database, close: async () => database.close() };
}
