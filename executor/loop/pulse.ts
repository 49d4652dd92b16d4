import type { WorkStore } from '../../schema/store/store.ts';
import type { Beat, Heartbeat } from './heartbeat.ts';
import type { Lease } from './lease.ts';
import type { Serial } from './serial.ts';
import { growingPause, type LoopTimes } from './times.ts';
import type { Work } from './work.ts';

export interface PulseOptions {
  readonly store: Pick<WorkStore, 'renew' | 'heartbeat'>;
  readonly lease: Lease;
  readonly work: Work;
  readonly heartbeat: Heartbeat;
  /** Claims go through it too: a claim whose answer is on its way is not owned yet. */
  readonly serial: Serial;
  readonly times: LoopTimes;
  /** Whether the loop moves: a heartbeat of an executor that does nothing would be untrue. */
  readonly isMoving: () => boolean;
  /** Called when the database has answered. */
  readonly onDone: () => void;
  /** Called when something went back to pending. */
  readonly onReturned: () => void;
  readonly onError: (error: unknown) => void;
}

/** Renews the lease and says that the executor is there, in one request, for as long as it is open. */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  /** An operation may be running without being owned. */
  #doubt = true;
  #beatAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Begins, and returns after the first one, however it ended. */
  start(): Promise<void> {
    return this.#run();
  }

  /** A call was not answered, or work was dropped: what is not owned is given back at once. */
  giveBack(): void {
    this.#doubt = true;
    this.#schedule(0);
  }

  /** Tells what has changed on the host without waiting for the next heartbeat. */
  beatNow(): void {
    this.#beatAt = Number.NEGATIVE_INFINITY;
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(milliseconds: number): void {
    // A failing one comes back by itself, at growing pauses.
    if (this.#closed || this.#running !== undefined || (this.#failures > 0 && this.#timer !== undefined)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), milliseconds);
  }

  #run(): Promise<void> {
    this.#timer = undefined;
    this.#running ??= this.#options.serial
      .run(() => this.#beat())
      .then(
        () => {
          this.#failures = 0;
          this.#options.onDone();
        },
        (error: unknown) => {
          this.#failures += 1;
          this.#options.onError(error);
        },
      )
      .finally(() => {
        this.#running = undefined;
        this.#schedule(this.#pause());
      });
    return this.#running;
  }

  #pause(): number {
    const { renew, databaseFirst, databaseLongest } = this.#options.times;
    if (this.#failures > 0) return Math.min(renew, growingPause(this.#failures, databaseFirst, databaseLongest));
    return this.#doubt ? 0 : renew;
  }

  async #beat(): Promise<void> {
    const { store, lease, work, times, onReturned } = this.#options;
    const asked = lease.now();
    const began = performance.now();
    const owned = work.sequences;
    const renews = this.#doubt || owned.length > 0;
    // What is dropped from now on is not in the list: it is asked for again.
    this.#doubt = false;
    const beat = await this.#heartbeat();
    if (!renews && beat === undefined) return;
    let isReturned = false;
    try {
      if (renews) isReturned = await store.renew({ owned, leaseMs: times.lease }, beat?.state ?? null);
      else if (beat) await store.heartbeat(beat.state);
      lease.extend(asked);
      if (beat) {
        beat.written();
        this.#beatAt = began;
      }
      if (isReturned) onReturned();
    } catch (error) {
      this.#doubt ||= renews;
      throw error;
    }
  }

  /** Undefined: none is due. A renewal does not depend on what the host says of itself. */
  async #heartbeat(): Promise<Beat | undefined> {
    const { heartbeat, times, isMoving, onError } = this.#options;
    if (!isMoving() || performance.now() - this.#beatAt < times.heartbeat - times.renew / 2) return undefined;
    try {
      return await heartbeat.beat();
    } catch (error) {
      onError(error);
      return undefined;
    }
  }
}
