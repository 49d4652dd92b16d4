import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { temporaryDirectory } from './database.ts';
import { clearHost } from './host.ts';
import { type Answer, requestJson, type ServedInstance } from './instance.ts';
import { endProcesses } from './processes.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A weft of the running test: a process with its state directory and port, in the test's network namespace. */
export class Weft implements ServedInstance {
  readonly stateDirectory: string;
  readonly port: number;
  #process: ChildProcess | undefined;
  readonly #children = new Set<ChildProcess>();
  #output = '';
  #errors = '';

  private constructor(stateDirectory: string, port: number) {
    this.stateDirectory = stateDirectory;
    this.port = port;
  }

  /** Prepares one, without starting it; it ends with the test. */
  static async prepare(port?: number): Promise<Weft> {
    const weft = new Weft(temporaryDirectory(), port ?? (await freePort()));
    onTestFinished(() => weft.clear());
    return weft;
  }

  /** Starts one. */
  static async start(environment: Record<string, string> = {}): Promise<Weft> {
    const weft = await Weft.prepare();
    await weft.start(environment);
    return weft;
  }

  get databaseFile(): string {
    return join(this.stateDirectory, 'database', 'weft.db');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The output of the process so far. */
  get output(): string {
    return this.#output;
  }

  /** Its output on standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** The process that was started last. */
  get child(): ChildProcess {
    if (!this.#process) throw new Error('weft was not started');
    return this.#process;
  }

  /** Starts the process (`entry`: `npm start`, or the program, `start.ts` by default) and waits until it is ready. */
  async start(
    environment: Record<string, string> = {},
    entry = 'start.ts',
    user?: number,
    descriptors?: number,
  ): Promise<void> {
    this.launch(environment, entry, user, descriptors);
    await until('weft is ready', async () => {
      if (this.#process?.exitCode !== null) throw new Error(`weft ended: ${this.#output}`);
      return (await fetch(`${this.url}/readyz`).catch(() => undefined))?.status === 200;
    });
  }

  /** Starts the process and does not wait; `descriptors`: its limit of open files. */
  launch(
    environment: Record<string, string> = {},
    entry = 'start.ts',
    user?: number,
    descriptors?: number,
  ): ChildProcess {
    const command = entry === 'npm start' ? ['npm', 'start'] : [process.execPath, join(root, entry)];
    const limited = descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}`];
    const [program, ...args] = [...limited, ...command];
    const child = spawn(program ?? '', args, {
      cwd: root,
      env: {
        ...process.env,
        WEFT_STATE_DIR: this.stateDirectory,
        WEFT_LISTEN: `127.0.0.1:${this.port}`,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const collect = (text: Buffer) => {
      this.#output += text.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', (text: Buffer) => {
      collect(text);
      this.#errors += text.toString();
    });
    this.#process = child;
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Sends a signal to the process that was started last and waits for its end; returns the exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    await endChild(this.child, signal);
    return this.child.exitCode;
  }

  /** Shuts down what is running. */
  async stop(): Promise<void> {
    await Promise.all([...this.#children].map((child) => endChild(child, 'SIGTERM')));
  }

  /** Shuts down what is running and removes everything from the host. */
  async clear(): Promise<void> {
    await this.stop();
    await endProcesses(this.stateDirectory);
    clearHost();
  }

  /** Whether a signal has stopped it, and none has had it go on. */
  get isStopped(): boolean {
    return /^State:\s+T/m.test(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** One request; a body that is not text is sent as JSON. The answer's body is parsed as JSON. */
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return requestJson((...args) => this.fetch(...args), method, path, body, headers);
  }

  /** Reads and writes the database of the running process directly. */
  async sql<Row = Record<string, unknown>>(text: string): Promise<Row[]> {
    const [rows] = await this.#beside((database) => database.write([statement<Row>(text)]));
    return rows;
  }

  async write(statements: readonly Statement[]): Promise<void> {
    await this.#beside((database) => database.write(statements));
  }

  async #beside<Result>(use: (database: Database) => Promise<Result>): Promise<Result> {
    const database = openEmbedded(this.databaseFile);
    try {
      return await use(database);
    } finally {
      database.close();
    }
  }
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
