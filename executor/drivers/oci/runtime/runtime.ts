import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Limits } from '../bundle/cgroups.ts';
import { absentProgram, runcPath } from '../host-programs.ts';
import { DEFAULT_LOG_BYTES } from '../log/rotate.ts';
import { removeBundle } from './bundle-directory.ts';
import { ControlGroup } from './control-groups.ts';
import type { ContainerRuntime, ProcessView, RuntimeOptions, StartRequest, StopRequest } from './driver.ts';
import { RuntimeError } from './errors.ts';
import { historyAfter } from './history.ts';
import { Launcher } from './launcher.ts';
import { type LaunchContext, launchProcess } from './launching.ts';
import { updateOf } from './limits.ts';
import { RunPaths } from './paths.ts';
import { killNow, processesWith, startTime } from './processes.ts';
import { type Identity, identify, readRecord, writeRecord } from './record.ts';
import { LogRotation } from './rotation.ts';
import { callRunc } from './runc.ts';
import { viewProcess, viewProcesses } from './view.ts';
import { PAUSE_MS, waitUntil } from './waiting.ts';
import { ProcessWatch } from './watching.ts';

/** runc takes some 50 ms. */
const DEADLINE_MS = 30_000;

class Runtime implements ContainerRuntime {
  readonly #options: RuntimeOptions;
  readonly #deadlineMs: number;
  readonly #launcher: Launcher;
  readonly #paths: RunPaths;
  readonly #rotation: LogRotation;
  readonly #watch: ProcessWatch;
  /** Has those of all containers; nobody else removes it. */
  readonly #parentGroup: ControlGroup;
  /** Starts under way: runc makes the parent of a control group before the group. */
  #starts = 0;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#launcher = new Launcher(options.log);
    this.#paths = new RunPaths(options.runDirectory);
    const kill = (owner: string) => {
      this.#runc(`kill what is left of ${owner}`, 'kill', '--all', owner, 'KILL').catch(() => {});
    };
    const { directory, log, logBytes: limitBytes = DEFAULT_LOG_BYTES } = options;
    this.#rotation = new LogRotation({ directory, paths: this.#paths, limitBytes, log });
    const checked = (running: Iterable<string>) => this.#rotation.check(running);
    this.#watch = new ProcessWatch({ paths: this.#paths, kill, checked, log });
    this.#parentGroup = new ControlGroup(options.parentGroup ?? null);
    if (this.#paths.owners().length > 0) this.#watch.begin();
    else this.#parentGroup.removeIfEmpty();
  }

  async view(owners: readonly string[] | 'all'): Promise<ReadonlyMap<string, ProcessView>> {
    return viewProcesses(this.#options.runDirectory, owners);
  }

  async start(request: StartRequest): Promise<void> {
    const { owner } = request;
    const action = `start the process of ${owner}`;
    const before = this.#view(owner);
    if (before !== null && isWanted(before, request)) return;
    this.#requirePrograms(action);
    this.#requireTime(action);
    this.#watch.begin();
    this.#starts += 1;
    try {
      await this.#clear(owner);
      await launchProcess(this.#launchContext(), request, historyAfter(before, request.number), action);
    } catch (error) {
      await this.#clear(owner);
      throw error;
    } finally {
      this.#starts -= 1;
    }
    this.#watch.check(owner);
  }

  async stop({ owner, signal, graceMs, unwanted }: StopRequest): Promise<void> {
    if (this.#view(owner)?.phase !== 'running') return;
    const action = `stop the process of ${owner}`;
    this.#requireTime(action);
    const record = readRecord(this.#paths, owner);
    // First: nobody else could tell after a kill.
    if (record !== null) writeRecord(this.#paths, { ...record, stopped: true });
    await this.#kill(action, owner, signal ?? record?.stopSignal ?? 'SIGTERM');
    const end = performance.now() + graceMs;
    while (this.#view(owner)?.phase === 'running' && performance.now() < end) {
      if (unwanted?.aborted) throw new RuntimeError('aborted', action, 'its end was not waited for');
      await pause(PAUSE_MS);
    }
    if (this.#view(owner)?.phase !== 'running') return;
    await this.#kill(action, '--all', owner, 'KILL');
    await this.#until(() => this.#view(owner)?.phase !== 'running', action);
  }

  async keep({ owner, number }: { owner: string; number: number }): Promise<void> {
    const record = readRecord(this.#paths, owner);
    if (record !== null) writeRecord(this.#paths, { ...record, number });
  }

  async limit({ owner, limits }: { owner: string; limits: Limits }): Promise<void> {
    const action = `limit the process of ${owner}`;
    if (this.#view(owner)?.phase === 'running') {
      this.#requireTime(action);
      await this.#update(action, owner, limits);
    }
    const record = readRecord(this.#paths, owner);
    if (record !== null) writeRecord(this.#paths, { ...record, limits });
  }

  async remove({ owner }: { owner: string }): Promise<void> {
    this.#requireTime(`remove the process of ${owner}`);
    await this.#clear(owner);
    rmSync(join(this.#options.directory, owner), { recursive: true, force: true });
    this.#watch.forget(owner);
    if (this.#starts === 0) this.#parentGroup.removeIfEmpty();
  }

  subscribe(listener: (owner: string) => void): () => void {
    return this.#watch.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#rotation.close();
    await this.#launcher.close();
  }

  #launchContext(): LaunchContext {
    return {
      directory: this.#options.directory,
      paths: this.#paths,
      launcher: this.#launcher,
      runc: this.#options.runc ?? runcPath(),
      deadlineMs: this.#deadlineMs,
      logBytes: this.#options.logBytes ?? DEFAULT_LOG_BYTES,
      at: this.#options.at ?? (() => {}),
      callRunc: (action, ...words) => this.#runc(action, ...words),
    };
  }

  async #update(action: string, owner: string, limits: Limits): Promise<void> {
    const file = join(this.#paths.bundle(owner), 'limits.json');
    writeFileSync(file, JSON.stringify(updateOf(limits)));
    try {
      await this.#runc(action, 'update', '--resources', file, owner);
    } catch (error) {
      // It may have ended meanwhile.
      if (this.#view(owner)?.phase === 'running') throw error;
    }
  }

  /** Ends whatever a start has left, at whichever step it ended. */
  async #clear(owner: string): Promise<void> {
    // It is made first and deleted last.
    if (!existsSync(this.#paths.bundle(owner))) return;
    this.#mark(owner, identify(process.pid));
    try {
      await this.#end(owner);
    } catch (error) {
      this.#mark(owner, null);
      throw error;
    }
  }

  async #end(owner: string): Promise<void> {
    const bundle = this.#paths.bundle(owner);
    await this.#until(() => {
      const left = processesWith(bundle).filter((pid) => startTime(pid) !== null);
      // Again each time: conmon forks, and its copy may not have been among those found before.
      for (const pid of left) killNow(pid);
      return left.length === 0;
    }, `end conmon of ${owner}`);
    const group = new ControlGroup(join(this.#options.parentGroup ?? '/', owner));
    await this.#until(() => group.kill(), `end what is left of ${owner}`);
    await this.#runc(`delete the container of ${owner}`, 'delete', '--force', owner);
    // runc knows nothing of what it was creating when it was killed.
    await this.#until(() => group.removeIfEmpty(), `remove the control group of ${owner}`);
    rmSync(this.#paths.exit(owner), { force: true });
    rmSync(this.#paths.socket(owner), { recursive: true, force: true });
    removeBundle(bundle);
  }

  #mark(owner: string, changing: Identity | null): void {
    const record = readRecord(this.#paths, owner);
    if (record !== null) writeRecord(this.#paths, { ...record, changing });
  }

  #view(owner: string): ProcessView | null {
    return viewProcess(this.#paths, owner);
  }

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

  #until(condition: () => boolean, action: string): Promise<void> {
    return waitUntil(condition, this.#deadlineMs, action);
  }

  #runc(action: string, ...words: string[]): Promise<void> {
    const program = this.#options.runc ?? runcPath();
    return callRunc({ program, root: this.#paths.runc, words, deadlineMs: this.#deadlineMs, action });
  }

  /** It is refused if the process has ended meanwhile. */
  async #kill(action: string, ...words: string[]): Promise<void> {
    await this.#runc(action, 'kill', ...words).catch((error: unknown) => {
      if (!(error instanceof RuntimeError && error.code === 'refused')) throw error;
    });
  }
}

function isWanted(view: ProcessView, { number, digest }: StartRequest): boolean {
  return view.phase === 'running' && view.number === number && view.digest === digest && !view.detached;
}

/** Adopts what an earlier one has started in the same directories. */
export async function openRuntime(options: RuntimeOptions): Promise<ContainerRuntime> {
  return new Runtime(options);
}
