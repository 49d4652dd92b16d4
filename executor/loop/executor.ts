import { type Database, DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Kind } from '../kinds.ts';
import { type Claim, claim } from './claim.ts';
import { Doorbell } from './doorbell.ts';
import { isDatabaseAway } from './failure.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Lease } from './lease.ts';
import { Outage } from './outage.ts';
import { Progress } from './progress.ts';
import { Prune } from './prune.ts';
import { Pulse } from './pulse.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { Watch } from './reconcile/watch.ts';
import { type Registration, whyFenced } from './registration.ts';
import { Reporter } from './report.ts';
import { Runner } from './runner.ts';
import { Serial } from './serial.ts';
import { growingPause, type LoopTimes } from './times.ts';
import { Work } from './work.ts';

/** Operations that one executor runs side by side. */
const RUNNING_MAX = 64;

const NOTHING: Claim = { claimed: [], running: 0, cancelled: [] };

export interface ExecutorOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly lease: Lease;
  readonly heartbeat: Heartbeat;
  readonly kinds: readonly Kind[];
  readonly log: Logger;
  /** Called once, when this executor can't go on: a newer start took over, or its hypervisor was removed. */
  readonly lost: (reason: unknown) => void;
  readonly times: LoopTimes;
}

/** Claims the operations of one hypervisor, runs them and reports their ends, until it is closed. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #work = new Work();
  readonly #serial = new Serial();
  readonly #outage: Outage;
  readonly #watches: readonly Watch[];
  readonly #progress: Progress;
  readonly #doorbell: Doorbell;
  readonly #pulse: Pulse;
  readonly #runner: Runner;
  readonly #timers: NodeJS.Timeout[] = [];
  #closing = false;
  #lost = false;
  /** Claims in a row that failed, and loads. */
  readonly #failures = { claim: 0, load: 0 };
  #healthCheckedAt = Number.NEGATIVE_INFINITY;
  #turnedAt = performance.now();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ExecutorOptions) {
    const { database, registration, lease, heartbeat, kinds, log, times } = options;
    const onError = (error: unknown) => this.#onError(error);
    const isClosing = () => this.#closing;
    this.#options = options;
    this.#outage = new Outage(log);
    this.#doorbell = new Doorbell(database);
    this.#progress = new Progress(database, registration, times.progress);
    this.#pulse = new Pulse({
      ...{ database, registration, lease, heartbeat, times, onError, work: this.#work, serial: this.#serial },
      isMoving: () => performance.now() - this.#turnedAt < times.lease,
      onDone: () => this.#outage.end(),
      onReturned: () => this.#doorbell.ring(),
    });
    const reconciler = new Reconciler({ database, registration, kinds, graceMs: times.grace, scanMs: times.scan });
    this.#watches = kinds.map((kind) => new Watch({ kind, reconciler, log, times, onError }));
    this.#runner = new Runner({
      ...{ kinds, lease, log, times, reconciler, isClosing, onError, work: this.#work, progress: this.#progress },
      reporter: new Reporter({ database, registration, times, onError, isClosing }),
      onLoaded: (succeeded) => {
        this.#failures.load = succeeded ? 0 : this.#failures.load + 1;
      },
      onDropped: () => this.#pulse.giveBack(),
      onEnded: () => this.#doorbell.ring(),
    });
  }

  /** The sequence of the last operation that it worked on; 0: none. */
  get lastSequence(): number {
    return this.#work.last;
  }

  /** Begins to work and to look at the host; waits for neither. */
  async start(): Promise<void> {
    const { database, heartbeat, times } = this.#options;
    await this.#pulse.start();
    this.#every(times.capabilities, () => heartbeat.refresh());
    for (const watch of this.#watches) watch.start();
    const prune = new Prune(database, times.retention);
    void this.#every(times.prune, () => prune.run(() => this.#closing))();
    this.#loop = this.#turn();
  }

  /** Finishes the steps in hand and gives the rest back. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#watches.map((watch) => watch.close()));
    await this.#loop;
    await this.#runner.idle();
    await this.#pulse.close();
    this.#progress.close();
  }

  /** Stops as a killed process does: nothing is finished, reported, or given back. For tests. */
  abandon(): void {
    this.#end();
    this.#runner.abandon();
    for (const watch of this.#watches) void watch.close();
    void this.#pulse.close();
    this.#progress.close();
  }

  #end(): void {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#doorbell.close();
  }

  /** Runs `task` again and again, never twice at once. Answers what runs it out of turn. */
  #every(milliseconds: number, task: () => Promise<void>): () => Promise<void> {
    let busy = false;
    const turn = async () => {
      if (busy || this.#closing) return;
      busy = true;
      await task().catch((error: unknown) => this.#onError(error));
      busy = false;
    };
    this.#timers.push(setInterval(() => void turn(), milliseconds));
    return turn;
  }

  async #turn(): Promise<void> {
    const { times } = this.#options;
    while (!this.#closing) {
      this.#turnedAt = performance.now();
      const free = RUNNING_MAX - this.#work.size;
      const { claimed, cancelled } = await this.#claim(free);
      this.#work.cancel(cancelled);
      this.#runner.begin(claimed);
      this.#tellHealth();
      const failures = Math.max(this.#failures.claim, this.#failures.load);
      if (failures > 0) {
        await this.#doorbell.pause(growingPause(failures, times.databaseFirst, times.databaseLongest));
      } else if (free === 0 || claimed.length < free) await this.#doorbell.next(times.poll);
    }
  }

  /** A technology that went away, or came back, is told of at once. */
  #tellHealth(): void {
    const { heartbeat, times } = this.#options;
    if (this.#turnedAt - this.#healthCheckedAt < times.poll) return;
    this.#healthCheckedAt = this.#turnedAt;
    if (heartbeat.isOutdated()) this.#pulse.beatNow();
  }

  /** What is claimed is owned before a renewal can ask for it. */
  #claim(limit: number): Promise<Claim> {
    return this.#serial.run(async () => {
      const { database, registration, lease, kinds, times } = this.#options;
      const asked = lease.now();
      const running = this.#work.size;
      if (this.#closing || (running > 0 && !lease.isHeld())) return NOTHING;
      const away = kinds.flatMap((kind) => (kind.health?.().available === false ? [...kind.operations] : []));
      try {
        const found = await claim(database, registration, { limit, away, times });
        if (running === 0) lease.extend(asked);
        this.#failures.claim = 0;
        for (const operation of found.claimed) this.#work.take(operation);
        if (found.running > this.#work.size) this.#pulse.giveBack();
        return found;
      } catch (error) {
        this.#failures.claim += 1;
        this.#pulse.giveBack();
        this.#onError(error);
        return NOTHING;
      }
    });
  }

  /** A database that is away is waited out; being fenced is the end. */
  #onError(error: unknown): void {
    if (this.#closing) return;
    if (error instanceof DatabaseError && error.reason === 'fenced') void this.#lose();
    else if (isDatabaseAway(error)) this.#outage.begin(error);
    else this.#options.log.error({ err: error }, 'internal error of the executor');
  }

  /** Stops at once, and says why as soon as the database has told. */
  async #lose(): Promise<void> {
    this.#closing = true;
    if (this.#lost) return;
    this.#lost = true;
    const { database, registration, lost } = this.#options;
    lost(
      await whyFenced(database, registration).catch(
        () => new Problem('conflict', 'A newer start of this executor has taken over, or its hypervisor was removed'),
      ),
    );
  }
}
