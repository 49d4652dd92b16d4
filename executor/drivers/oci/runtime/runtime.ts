import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { absentProgram, runcPath } from '../host-programs.ts';
import { conmonArguments, isAtWork, monitorOf, readReport } from './conmon.ts';
import type { ContainerRuntime, ProcessView, RuntimeOptions, StartRequest } from './driver.ts';
import { RuntimeError } from './errors.ts';
import { Launcher } from './launcher.ts';
import { killNow, processesWith, readOrNull, startTime } from './processes.ts';
import { identify, isAlive, type ProcessRecord, viewOf } from './record.ts';
import { callRunc } from './runc.ts';
import { PAUSE_MS, waitUntil } from './waiting.ts';

/** It is the name of directories. */
const OWNER = /^\w[\w.-]*$/;
/** runc takes some 50 ms. */
const DEADLINE_MS = 30_000;
const CHECK_MS = 1000;

class Runtime implements ContainerRuntime {
  readonly #options: RuntimeOptions;
  readonly #deadlineMs: number;
  readonly #launcher: Launcher;
  readonly #listeners = new Set<(owner: string) => void>();
  readonly #starting = new Set<string>();
  readonly #phases = new Map<string, string>();
  readonly #stops: (() => void)[] = [];

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    for (const name of ['runc', 'exits', 'sockets', 'bundles']) mkdirSync(this.#run(name), { recursive: true });
    mkdirSync(options.directory, { recursive: true });
    this.#launcher = new Launcher(options.log);
    const watcher = watch(this.#run('exits'), () => this.#checkQuietly());
    const timer = setInterval(() => this.#checkQuietly(), CHECK_MS);
    this.#stops.push(
      () => watcher.close(),
      () => clearInterval(timer),
    );
  }

  async view(owners: readonly string[] | 'all'): Promise<ReadonlyMap<string, ProcessView>> {
    const names = owners === 'all' ? readdirSync(this.#run('bundles')) : owners;
    const views = names.filter((name) => !this.#starting.has(name)).flatMap((name) => this.#view(name) ?? []);
    return new Map(views.map((view) => [view.owner, view]));
  }

  async start(request: StartRequest): Promise<void> {
    const action = `start the process of ${request.owner}`;
    const before = this.#view(request.owner);
    if (before?.phase === 'running' && before.number === request.number) return;
    this.#requirePrograms(action);
    this.#requireTime(action);
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

  async stop({ owner, signal, graceMs }: { owner: string; signal: string; graceMs: number }): Promise<void> {
    if (this.#view(owner)?.phase !== 'running') return;
    const action = `stop the process of ${owner}`;
    this.#requireTime(action);
    await this.#kill(action, owner, signal);
    const end = performance.now() + graceMs;
    while (this.#view(owner)?.phase === 'running' && performance.now() < end) await pause(PAUSE_MS);
    if (this.#view(owner)?.phase !== 'running') return;
    await this.#kill(action, '--all', owner, 'KILL');
    await this.#until(() => this.#view(owner)?.phase !== 'running', action);
  }

  async keep({ owner, number }: { owner: string; number: number }): Promise<void> {
    const record = this.#record(owner);
    if (record !== null) this.#write({ ...record, number });
  }

  async remove({ owner }: { owner: string }): Promise<void> {
    this.#requireTime(`remove the process of ${owner}`);
    await this.#clear(owner);
    rmSync(join(this.#options.directory, owner), { recursive: true, force: true });
    this.#phases.delete(owner);
  }

  subscribe(listener: (owner: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#launcher.close();
  }

  async #launch(request: StartRequest, restarts: number, action: string): Promise<void> {
    const { owner, number, digest, lower } = request;
    const bundle = this.#bundle(owner);
    const root = join(bundle, 'root');
    const layer = join(this.#options.directory, owner);
    for (const path of [root, join(layer, 'upper'), join(layer, 'work')]) mkdirSync(path, { recursive: true });
    const record = { owner, number, digest, restarts, startedMs: Date.now(), program: null, monitor: null };
    this.#write(record);
    this.#options.at?.('record');
    const descriptor = openSync(request.networkNamespace, 'r');
    try {
      const networkNamespace = `/proc/${process.pid}/fd/${descriptor}`;
      writeFileSync(join(bundle, 'config.json'), JSON.stringify(request.configuration({ root, networkNamespace })));
      this.#options.at?.('config');
      const report = join(bundle, 'report');
      const paths = { lower, upper: join(layer, 'upper'), work: join(layer, 'work'), root, report };
      const launched = await this.#launcher.launch({ ...paths, arguments: this.#conmonArguments(owner) }, action);
      this.#options.at?.('launch');
      await this.#until(() => readReport(report) !== null || !isAtWork(launched, bundle), action);
      const said = readReport(report);
      if (said === null) throw new RuntimeError('host', action, 'conmon has ended before it reported');
      this.#options.at?.('report');
      const program = identify(said.data ?? -1);
      if (program === null) throw new RuntimeError('refused', action, said.message ?? 'its process has ended');
      const monitor = monitorOf(bundle);
      if (monitor === null) throw new RuntimeError('host', action, 'conmon has ended');
      this.#options.at?.('starting');
      await this.#runc(action, 'start', owner);
      this.#options.at?.('started');
      this.#write({ ...record, program, monitor });
    } finally {
      closeSync(descriptor);
    }
  }

  #conmonArguments(owner: string): string[] {
    const [bundle, exits, sockets] = [this.#bundle(owner), this.#run('exits'), this.#run('sockets')];
    const log = join(this.#options.directory, owner, 'log');
    const runc = { runc: this.#options.runc ?? runcPath(), runcRoot: this.#run('runc') };
    return conmonArguments({ owner, bundle, exits, sockets, log, ...runc });
  }

  /** Ends whatever a start has left, at whichever step it ended. */
  async #clear(owner: string): Promise<void> {
    const bundle = this.#bundle(owner);
    // It is made first and deleted last.
    if (!existsSync(bundle)) return;
    await this.#until(() => {
      const left = processesWith(bundle).filter((pid) => startTime(pid) !== null);
      // Again each time: conmon forks, and its copy may not have been among those found before.
      for (const pid of left) killNow(pid);
      return left.length === 0;
    }, `end conmon of ${owner}`);
    await this.#runc(`delete the container of ${owner}`, 'delete', '--force', owner);
    rmSync(this.#run('exits', owner), { force: true });
    rmSync(this.#run('sockets', owner), { recursive: true, force: true });
    rmSync(bundle, { recursive: true, force: true });
  }

  #view(owner: string): ProcessView | null {
    const record = this.#record(owner);
    return record === null ? null : viewOf(record, this.#run('exits', owner));
  }

  /** Tells of changes, and kills processes without a monitor. */
  #check(): void {
    for (const owner of readdirSync(this.#run('bundles'))) {
      if (this.#starting.has(owner)) continue;
      const record = this.#record(owner);
      const view = this.#view(owner);
      if (record?.program && view?.exit?.code === null && record.lostMs === undefined) {
        if (isAlive(record.program)) killNow(record.program.pid);
        this.#runc(`kill what is left of ${owner}`, 'kill', '--all', owner, 'KILL').catch(() => {});
        this.#write({ ...record, lostMs: Date.now() });
      }
      const phase = `${view?.phase} ${view?.startedMs}`;
      if (this.#phases.get(owner) === phase) continue;
      this.#phases.set(owner, phase);
      for (const listener of this.#listeners) listener(owner);
    }
  }

  /** conmon would report in words of its own that there is no runc. */
  #requirePrograms(action: string): void {
    const absent = absentProgram(this.#options.runc);
    if (absent !== null) throw new RuntimeError('missing_program', action, absent);
  }

  #requireTime(action: string): void {
    const { expires } = this.#options;
    if (expires && process.hrtime.bigint() >= Atomics.load(expires, 0)) {
      throw new RuntimeError('expired', action, 'the lease on this host expired while the call waited');
    }
  }

  /** No call waits for these checks: what they throw would end the whole process. */
  #checkQuietly(): void {
    try {
      this.#check();
    } catch (error) {
      this.#options.log(`the processes of containers could not be checked: ${error}`);
    }
  }

  #until(condition: () => boolean, action: string): Promise<void> {
    return waitUntil(condition, this.#deadlineMs, action);
  }

  #runc(action: string, ...words: string[]): Promise<void> {
    const program = this.#options.runc ?? runcPath();
    return callRunc({ program, root: this.#run('runc'), words, deadlineMs: this.#deadlineMs, action });
  }

  /** It is refused if the process has ended meanwhile. */
  async #kill(action: string, ...words: string[]): Promise<void> {
    await this.#runc(action, 'kill', ...words).catch((error: unknown) => {
      if (!(error instanceof RuntimeError && error.code === 'refused')) throw error;
    });
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
    if (!OWNER.test(owner)) throw new RuntimeError('invalid', `find ${JSON.stringify(owner)}`, 'it is no identifier');
    return this.#run('bundles', owner);
  }

  #run(...names: string[]): string {
    return join(this.#options.runDirectory, ...names);
  }
}

/** Adopts what an earlier one has started in the same directories. */
export async function openRuntime(options: RuntimeOptions): Promise<ContainerRuntime> {
  return new Runtime(options);
}
