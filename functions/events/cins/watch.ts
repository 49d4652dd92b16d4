import { pause } from '../../operations/pause.ts';
import type { FeedEvent } from '../page.ts';
import { type CinChange, changesBetween } from './changes.ts';
import { mayConcern } from './concern.ts';
import type { CinContainer, CinReference, CinState } from './state.ts';

/** One that is told the state of a CIN, and from then on what changes. */
export interface CinListener {
  /** Once, and before any change. */
  started(containers: readonly CinContainer[]): void;
  /** The differences from what was told last. All listeners are given the same list. */
  changed(changes: readonly CinChange[]): void;
  /** In place of `started`: the state could not be read. */
  failed(error: unknown): void;
}

interface WatchOptions {
  readonly read: () => Promise<CinState>;
  /** Called for each failure to read; changes are told when reading succeeds again. */
  readonly report: (error: unknown) => void;
}

/** Changes within this time, in milliseconds, are told together; … */
const GATHER_MS = 20;
/** … and the pause after a read is at least this many times as long as reading and telling took. */
const PAUSE_PER_WORK = 2;
const RETRY_MS = 250;
/** How many listeners are told in one turn of the event loop. */
const LISTENERS_A_TURN = 50;

/**
 * One CIN, for all of its listeners: one read and one comparison. A listener is told the difference between the state
 * that it was told last and the state that was just read, so no change is missed or told twice; events only cause a
 * read.
 */
export class CinWatch {
  readonly cin: CinReference;
  readonly #options: WatchOptions;
  readonly #listeners = new Set<CinListener>();
  readonly #joining = new Set<CinListener>();
  #state: CinState | undefined;
  /** The state has to include the event of this sequence. */
  #required: number;
  #isOutdated = false;
  #isWorking = false;

  constructor(cin: CinReference, required: number, options: WatchOptions) {
    this.cin = cin;
    this.#required = required;
    this.#options = options;
  }

  get size(): number {
    return this.#listeners.size + this.#joining.size;
  }

  /** The state that the listener is told was read after this call. */
  join(listener: CinListener): void {
    this.#joining.add(listener);
    this.#begin();
  }

  leave(listener: CinListener): void {
    this.#listeners.delete(listener);
    this.#joining.delete(listener);
  }

  /** Takes note of an event. While the state is being read, it is unknown what concerns it. */
  see(event: FeedEvent): void {
    if (this.#state !== undefined && !this.#isOutdated && !mayConcern(event, this.cin, this.#state)) return;
    this.#required = Math.max(this.#required, event.sequence);
    this.#isOutdated = true;
    this.#begin();
  }

  /** Events after the known ones are missing, and the newest is this one. */
  seeGap(newest: number): void {
    this.#required = newest;
    this.#isOutdated = true;
    this.#begin();
  }

  #begin(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#joining.size > 0 || (this.#isOutdated && this.#listeners.size > 0)) {
      const begun = performance.now();
      await this.#update();
      await pause(Math.max(GATHER_MS, (performance.now() - begun) * PAUSE_PER_WORK));
    }
    this.#isWorking = false;
  }

  async #update(): Promise<void> {
    const joining = [...this.#joining];
    const required = this.#required;
    try {
      const state = await this.#options.read();
      // Marked as outdated during the read: by an event that the state includes, or by a later one.
      this.#isOutdated = state.sequence < this.#required;
      await this.#tell(state, joining);
      // A replica of the database that is behind.
      if (state.sequence < required) await pause(RETRY_MS);
    } catch (error) {
      for (const listener of joining) if (this.#joining.delete(listener)) listener.failed(error);
      this.#options.report(error);
      await pause(RETRY_MS);
    }
  }

  async #tell(state: CinState, joining: readonly CinListener[]): Promise<void> {
    const changes = changesBetween(this.#state?.containers ?? [], state.containers);
    this.#state = state;
    if (changes.length > 0)
      await inTurns([...this.#listeners], (listener) => {
        if (this.#listeners.has(listener)) listener.changed(changes);
      });
    await inTurns(joining, (listener) => {
      if (!this.#joining.delete(listener)) return;
      this.#listeners.add(listener);
      listener.started(state.containers);
    });
  }
}

/** Calls a function for each, with turns of the event loop in between. */
async function inTurns<Item>(items: readonly Item[], call: (item: Item) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % LISTENERS_A_TURN === 0) await pause(0);
    call(item);
  }
}
