import { type FSWatcher, watch } from 'node:fs';
import type { RunPaths } from './paths.ts';
import { killNow } from './processes.ts';
import { type Identity, isAlive, readRecord, writeRecord } from './record.ts';
import { viewOf } from './view.ts';

/** conmon tells of exits by its files at once, and of its own end never. */
const CHECK_MS = 1000;
/** In so many checks all files are read once, in case the kernel had to drop an event. */
const CHECKS_OF_FILES = 30;

export interface WatchOptions {
  readonly paths: RunPaths;
  /** Kills all processes of a container. */
  readonly kill: (owner: string) => void;
  /** Called each second with those that run. */
  readonly checked: (running: Iterable<string>) => void;
  /** Told of what no call can report. */
  readonly log: (message: string) => void;
}

/** Tells of starts and deaths, and kills processes without a monitor. Costs nothing before it has begun. */
export class ProcessWatch {
  readonly #options: WatchOptions;
  readonly #listeners = new Set<(owner: string) => void>();
  /** What was told last of each owner. */
  readonly #told = new Map<string, string>();
  /** With their conmon. */
  readonly #running = new Map<string, Identity>();
  #checks = 0;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Makes the directories. */
  begin(): void {
    if (this.#timer !== null) return;
    this.#options.paths.make();
    // conmon renames a file to the owner's name.
    this.#watcher = watch(this.#options.paths.exits, (_event, name) => {
      if (name !== null && !name.startsWith('.')) this.#checkQuietly(() => this.check(name));
    });
    this.#watcher.on('error', (error) => this.#options.log(`exits of containers cannot be watched: ${error}`));
    this.#timer = setInterval(() => this.#checkQuietly(() => this.#checkAll()), CHECK_MS);
  }

  subscribe(listener: (owner: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(owner: string): void {
    const { paths, kill } = this.#options;
    const record = readRecord(paths, owner);
    if (record === null || isAlive(record.changing)) return;
    const view = viewOf(record, paths);
    if (record.program !== null && view.exit?.code === null && record.lostMs === undefined) {
      if (isAlive(record.program)) killNow(record.program.pid);
      kill(owner);
      writeRecord(paths, { ...record, lostMs: Date.now() });
    }
    if (view.phase === 'running' && record.monitor !== null) this.#running.set(owner, record.monitor);
    else this.#running.delete(owner);
    const state = `${view.phase} ${view.startedMs}`;
    if (this.#told.get(owner) === state) return;
    this.#told.set(owner, state);
    for (const listener of this.#listeners) listener(owner);
  }

  forget(owner: string): void {
    this.#told.delete(owner);
    this.#running.delete(owner);
  }

  close(): void {
    this.#watcher?.close();
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #checkAll(): void {
    const owners = this.#checks++ % CHECKS_OF_FILES === 0 ? this.#options.paths.owners() : this.#withoutMonitor();
    for (const owner of owners) this.check(owner);
    this.#options.checked(this.#running.keys());
  }

  #withoutMonitor(): readonly string[] {
    return [...this.#running].filter(([, monitor]) => !isAlive(monitor)).map(([owner]) => owner);
  }

  /** No call waits for these checks: what they throw would end the whole process. */
  #checkQuietly(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#options.log(`the processes of containers could not be checked: ${error}`);
    }
  }
}
