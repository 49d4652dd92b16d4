import { execFile } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { RuntimeError } from './errors.ts';
import { killNow, processesWith, readOrNull, startTime } from './processes.ts';
import type { Launch } from './worker.ts';

const RUNC = '/usr/sbin/runc';
/** runc takes some 50 ms. */
const LONGEST_START_MS = 30_000;
const PAUSE_MS = 10;
const CHECK_MS = 1000;
const run = promisify(execFile);

export interface StartRequest {
  readonly owner: string;
  readonly number: number;
  readonly digest: string;
  /** Root of the image. */
  readonly lower: string;
  /** Path of its file: `/run/netns/c1`. */
  readonly networkNamespace: string;
  /** Makes config.json. */
  readonly configuration: (paths: { readonly root: string; readonly networkNamespace: string }) => object;
}

export interface ProcessView {
  readonly owner: string;
  readonly number: number;
  readonly digest: string;
  readonly phase: 'running' | 'exited';
  readonly pid: number | null;
  readonly startedMs: number;
  /** Starts with the same number after the first. */
  readonly restarts: number;
  readonly exit: { readonly code: number | null; readonly finishedMs: number; readonly reason: string | null } | null;
}

interface Identity {
  readonly pid: number;
  readonly started: string;
}

interface ProcessRecord extends Pick<ProcessView, 'owner' | 'number' | 'digest' | 'startedMs' | 'restarts'> {
  /** Null until the start was completed. */
  readonly program: Identity | null;
  readonly monitor: Identity | null;
  /** When the loss of conmon was noticed, in milliseconds since 1970. */
  readonly lostMs?: number;
}

export interface RuntimeOptions {
  /** Writable layers, persistent. */
  readonly directory: string;
  /** All that describes running processes; gone at a reboot. */
  readonly runDirectory: string;
}

/** Processes of containers, which outlive this one. Calls for one owner must not overlap. */
export class ContainerRuntime {
  readonly #options: RuntimeOptions;
  readonly #worker: Worker;
  readonly #listeners = new Set<(owner: string) => void>();
  readonly #starting = new Set<string>();
  readonly #phases = new Map<string, string>();
  readonly #stops: (() => void)[] = [];
  #launches: Promise<unknown> = Promise.resolve();

  constructor(options: RuntimeOptions) {
    this.#options = options;
    for (const name of ['runc', 'exits', 'sockets', 'bundles']) mkdirSync(this.#run(name), { recursive: true });
    mkdirSync(options.directory, { recursive: true });
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [] });
    const watcher = watch(this.#run('exits'), () => this.#check());
    const timer = setInterval(() => this.#check(), CHECK_MS);
    this.#stops.push(
      () => watcher.close(),
      () => clearInterval(timer),
    );
  }

  /** Reads files only. */
  async view(owners: readonly string[] | 'all'): Promise<ReadonlyMap<string, ProcessView>> {
    const names = owners === 'all' ? readdirSync(this.#run('bundles')) : owners;
    const views = names.filter((name) => !this.#starting.has(name)).flatMap((name) => this.#view(name) ?? []);
    return new Map(views.map((view) => [view.owner, view]));
  }

  /** @throws RuntimeError `refused` with runc's words; nothing runs then */
  async start(request: StartRequest): Promise<void> {
    const action = `start the process of ${request.owner}`;
    if (!/^\w[\w.-]*$/.test(request.owner)) throw new RuntimeError('invalid', action, 'its name is no identifier');
    const before = this.#view(request.owner);
    if (before?.phase === 'running' && before.number === request.number) return;
    this.#starting.add(request.owner);
    try {
      await this.#clear(request.owner);
      const restarts = before?.number === request.number ? before.restarts + 1 : 0;
      await this.#launch(request, restarts, action);
    } catch (error) {
      await this.#clear(request.owner);
      throw error;
    } finally {
      this.#starting.delete(request.owner);
    }
    this.#check();
  }

  /** Sends the signal, and SIGKILL to all processes of the container after `graceMs` milliseconds. */
  async stop({ owner, signal, graceMs }: { owner: string; signal: string; graceMs: number }): Promise<void> {
    if (this.#view(owner)?.phase !== 'running') return;
    await this.#runc('kill', owner, signal).catch(() => {});
    const end = performance.now() + graceMs;
    while (this.#view(owner)?.phase === 'running' && performance.now() < end) await pause(PAUSE_MS);
    if (this.#view(owner)?.phase !== 'running') return;
    await this.#runc('kill', '--all', owner, 'KILL').catch(() => {});
    await this.#until(() => this.#view(owner)?.phase !== 'running', `stop the process of ${owner}`);
  }

  /** The running process counts as this number. */
  async keep({ owner, number }: { owner: string; number: number }): Promise<void> {
    const record = this.#record(owner);
    if (record !== null) this.#write({ ...record, number });
  }

  /** Kills what runs, and deletes the writable layer. */
  async remove({ owner }: { owner: string }): Promise<void> {
    await this.#clear(owner);
    rmSync(join(this.#options.directory, owner), { recursive: true, force: true });
    this.#phases.delete(owner);
  }

  subscribe(listener: (owner: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The processes stay. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#worker.terminate();
  }

  async #launch(request: StartRequest, restarts: number, action: string): Promise<void> {
    const { owner, number, digest, lower } = request;
    const bundle = this.#bundle(owner);
    const root = join(bundle, 'root');
    const layer = join(this.#options.directory, owner);
    for (const path of [root, join(layer, 'upper'), join(layer, 'work')]) mkdirSync(path, { recursive: true });
    const record = { owner, number, digest, restarts, startedMs: Date.now(), program: null, monitor: null };
    this.#write(record);
    const descriptor = openSync(request.networkNamespace, 'r');
    try {
      const networkNamespace = `/proc/${process.pid}/fd/${descriptor}`;
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(request.configuration({ root, networkNamespace })));
      const report = join(bundle, 'report');
      const paths = { lower, upper: join(layer, 'upper'), work: join(layer, 'work'), root, report };
      await this.#send({ ...paths, arguments: this.#conmonArguments(owner) }, action);
      await this.#until(() => readOrNull(report)?.endsWith('\n') === true, action);
      const said: { data?: number; message?: string } = JSON.parse((readOrNull(report) ?? '').split('\n')[0] ?? '');
      const program = identify(said.data ?? -1);
      if (program === null) throw new RuntimeError('refused', action, said.message ?? 'its process has ended');
      const monitor = identify(Number(readOrNull(join(bundle, 'monitor.pid'))));
      if (monitor === null) throw new RuntimeError('host', action, 'conmon has ended');
      await this.#runc('start', owner).catch((cause: unknown) => {
        throw new RuntimeError('refused', action, cause instanceof Error ? cause.message : String(cause), { cause });
      });
      this.#write({ ...record, program, monitor });
    } finally {
      closeSync(descriptor);
    }
  }

  #conmonArguments(owner: string): string[] {
    const bundle = this.#bundle(owner);
    const files = ['-b', bundle, '-p', join(bundle, 'pid'), '-P', join(bundle, 'monitor.pid')];
    const directories = ['--exit-dir', this.#run('exits'), '--socket-dir-path', this.#run('sockets')];
    const runtime = ['-r', RUNC, '--runtime-arg', '--root', '--runtime-arg', this.#run('runc')];
    const log = ['-l', `k8s-file:${join(this.#options.directory, owner, 'log')}`, '--log-level', 'warning', '--syslog'];
    return ['--api-version', '1', '-c', owner, '-u', owner, '-n', owner, ...files, ...directories, ...runtime, ...log];
  }

  /** One after another: each answer of the thread belongs to the oldest request. */
  #send(launch: Launch, action: string): Promise<void> {
    const sent = this.#launches.then(async () => {
      const answer = Promise.withResolvers<string | null>();
      this.#worker.once('message', answer.resolve);
      this.#worker.postMessage(launch);
      const wrong = await answer.promise;
      if (wrong !== null) throw new RuntimeError('host', action, wrong);
    });
    this.#launches = sent.catch(() => {});
    return sent;
  }

  /** Ends whatever a start has left, at whichever step it ended. */
  async #clear(owner: string): Promise<void> {
    const bundle = this.#bundle(owner);
    for (const pid of processesWith(bundle)) killNow(pid);
    await this.#until(() => processesWith(bundle).every((pid) => startTime(pid) === null), `end conmon of ${owner}`);
    await this.#runc('delete', '--force', owner);
    rmSync(this.#run('exits', owner), { force: true });
    rmSync(this.#run('sockets', owner), { recursive: true, force: true });
    rmSync(bundle, { recursive: true, force: true });
  }

  #view(owner: string): ProcessView | null {
    const record = this.#record(owner);
    if (record === null) return null;
    const { program, monitor, lostMs = Date.now(), ...rest } = record;
    const file = this.#run('exits', owner);
    const code = readOrNull(file);
    if (code !== null && code !== '') {
      const exit = { code: Number(code), finishedMs: statSync(file).mtimeMs, reason: null };
      return { ...rest, phase: 'exited', pid: null, exit };
    }
    if (isAlive(program) && isAlive(monitor))
      return { ...rest, phase: 'running', pid: program?.pid ?? null, exit: null };
    // conmon writes the exit file before it ends, and after its process has.
    if (isAlive(monitor)) return { ...rest, phase: 'running', pid: null, exit: null };
    const reason = program === null ? 'its start was not completed' : 'conmon has ended before its process';
    return { ...rest, phase: 'exited', pid: null, exit: { code: null, finishedMs: lostMs, reason } };
  }

  /** Tells of changes, and kills processes without a monitor. */
  #check(): void {
    for (const owner of readdirSync(this.#run('bundles'))) {
      if (this.#starting.has(owner)) continue;
      const record = this.#record(owner);
      if (record?.program && isAlive(record.program) && !isAlive(record.monitor)) killNow(record.program.pid);
      const view = this.#view(owner);
      const phase = `${view?.phase} ${view?.startedMs}`;
      if (this.#phases.get(owner) === phase) continue;
      this.#phases.set(owner, phase);
      for (const listener of this.#listeners) listener(owner);
    }
  }

  async #until(condition: () => boolean, action: string): Promise<void> {
    const end = performance.now() + LONGEST_START_MS;
    while (!condition()) {
      if (performance.now() > end) throw new RuntimeError('host', action, `it took ${LONGEST_START_MS} ms`);
      await pause(PAUSE_MS);
    }
  }

  #runc(...words: string[]): Promise<unknown> {
    return run(RUNC, ['--root', this.#run('runc'), ...words]);
  }

  #record(owner: string): ProcessRecord | null {
    const text = readOrNull(join(this.#bundle(owner), 'record.json'));
    return text === null ? null : JSON.parse(text);
  }

  #write(record: ProcessRecord): void {
    const path = join(this.#bundle(record.owner), 'record.json');
    writeFileSync(`${path}.new`, JSON.stringify(record));
    renameSync(`${path}.new`, path);
  }

  #bundle(owner: string): string {
    return this.#run('bundles', owner);
  }

  #run(...names: string[]): string {
    return join(this.#options.runDirectory, ...names);
  }
}

function identify(pid: number): Identity | null {
  const started = pid > 0 ? startTime(pid) : null;
  return started === null ? null : { pid, started };
}

function isAlive(identity: Identity | null): boolean {
  return identity !== null && startTime(identity.pid) === identity.started;
}
