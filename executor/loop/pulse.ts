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
  /** Claims are serialized with it, too: a claim whose answer is in flight is not owned yet. */
  readonly serial: Serial;
  readonly times: LoopTimes;
  /** Whether the loop makes progress: only then is a heartbeat sent. */
  readonly isMoving: () => boolean;
  /** Called after a successful call. */
  readonly onDone: () => void;
  /** Called when an operation became pending again. */
  readonly onReturned: () => void;
  readonly onError: (error: unknown) => void;
}

/** Renews the lease and sends heartbeats, in one request, until it is closed. */
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

  /** Starts, and returns after the first call, successful or not. */
  start(): Promise<void> {
    return this.#run();
  }

  /** A call failed, or an operation was dropped: operations that are running and not owned become pending at once. */
  giveBack(): void {
    this.#doubt = true;
    this.#schedule(0);
  }

  /** Writes changed capabilities without waiting for the next heartbeat. */
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
    // After a failure the next call is already scheduled, with growing pauses.
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
    // Operations that are dropped from now on are still in the list, so they require another call.
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

  /** Undefined: none is due. A renewal does not depend on whether the host can be read. */
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
