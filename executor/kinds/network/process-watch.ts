import type { Logger } from '../../../schema/process/logger.ts';
import { LOST, restartTime, type SeenProcess } from '../../../schema/resources/network/process.ts';
import type { SeenNote } from '../../../schema/resources/network/process-note.ts';
import type { ContainerRuntime } from '../../drivers/oci/runtime/driver.ts';
import { seenOf } from './processes.ts';

/** Starts and deaths that happen together are recorded together. */
const GATHER_MS = 20;
/** Until a record that the database did not take is tried again. */
const AGAIN_MS = 1_000;

export interface ProcessWatchOptions {
  readonly runtime: Pick<ContainerRuntime, 'view' | 'subscribe'>;
  readonly record: (found: readonly SeenNote[]) => Promise<unknown>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Records starts and ends of processes, and tells when one that has ended may be started again. */
export class ProcessWatch {
  readonly #options: ProcessWatchOptions;
  readonly #listeners = new Set<(owners: readonly string[]) => void>();
  readonly #restarts = new Map<string, NodeJS.Timeout>();
  readonly #unsubscribe: () => void;
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #recording: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(options: ProcessWatchOptions) {
    this.#options = options;
    this.#unsubscribe = options.runtime.subscribe((owner) => this.#note([owner], GATHER_MS));
  }

  /**
   * Records what has happened while nobody watched; `before`: what was running then. What was lost meanwhile cannot be
   * seen later: `record` has to repeat itself while the database is away.
   */
  async begin(
    before: ReadonlyMap<string, SeenProcess>,
    record: ProcessWatchOptions['record'] = this.#options.record,
  ): Promise<void> {
    const views = await this.#options.runtime.view('all');
    const finished = Date.now();
    const lost = [...before].flatMap(([owner, process]): SeenNote[] => {
      if (views.has(owner)) return [];
      return [{ owner, seen: { ...process, running: false, finished, exit_code: null, reason: LOST } }];
    });
    const found = [...views.values()].map((view): SeenNote => ({ owner: view.owner, seen: seenOf(view) }));
    for (const each of found) this.#plan(each);
    if (lost.length + found.length > 0) await record([...lost, ...found]);
  }

  /** Calls `due` with containers whose process may be started again now; returns the function that ends it. */
  subscribe(due: (owners: readonly string[]) => void): () => void {
    this.#listeners.add(due);
    return () => this.#listeners.delete(due);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    for (const timer of this.#restarts.values()) clearTimeout(timer);
    await this.#recording;
  }

  #note(owners: Iterable<string>, pauseMs: number): void {
    // The next executor records what this one has not.
    if (this.#isClosed) return;
    for (const owner of owners) this.#changed.add(owner);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changed = [...this.#changed];
      this.#changed = new Set();
      this.#recording = this.#recording.then(() => this.#record(changed));
    }, pauseMs);
  }

  async #record(owners: readonly string[]): Promise<void> {
    try {
      const views = await this.#options.runtime.view(owners);
      const found = [...views.values()].map((view): SeenNote => ({ owner: view.owner, seen: seenOf(view) }));
      for (const each of found) this.#plan(each);
      if (found.length > 0) await this.#options.record(found);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.log.warn({ err: error }, 'the states of processes could not be recorded');
      this.#isFailing = true;
      this.#note(owners, AGAIN_MS);
    }
  }

  /** Whether it is started then is decided by its policy. */
  #plan({ owner, seen }: SeenNote): void {
    clearTimeout(this.#restarts.get(owner));
    this.#restarts.delete(owner);
    if (seen.running || this.#isClosed) return;
    const timer = setTimeout(
      () => {
        this.#restarts.delete(owner);
        for (const due of this.#listeners) due([owner]);
      },
      Math.max(0, restartTime(seen) - Date.now()),
    );
    this.#restarts.set(owner, timer.unref());
  }
}
