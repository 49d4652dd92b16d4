import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import type { PollRequest } from '../../schema/store/claim.ts';
import type { Outcome } from '../../schema/store/report.ts';
import type { ExecutorSession } from '../../schema/store/store.ts';
import type { Kind } from '../kinds/kind.ts';
import { Doorbell, type Turn } from './doorbell.ts';
import { isDatabaseAway, isFenced } from './failure.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Lease } from './lease.ts';
import { Outage } from './outage.ts';
import { Progress } from './progress.ts';
import { Prune } from './prune.ts';
import { Pulse } from './pulse.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { Watch } from './reconcile/watch.ts';
import { type Reported, Reporter } from './report.ts';
import { Runner } from './runner.ts';
import { Serial } from './serial.ts';
import { growingPause, type LoopTimes } from './times.ts';
import { Work } from './work.ts';

/** The maximum of operations that one executor runs concurrently. */
const RUNNING_MAX = 64;

/** The result of a turn of the loop. */
interface PollResult {
  readonly claimed: readonly ClaimedOperation[];
  /** There is, or may be, more to claim. */
  readonly more: boolean;
  /** Sequences of running operations that are to be cancelled. */
  readonly cancelled: readonly number[];
}

const NOTHING: PollResult = { claimed: [], more: false, cancelled: [] };

export interface ExecutorOptions {
  readonly session: ExecutorSession;
  readonly lease: Lease;
  readonly heartbeat: Heartbeat;
  readonly kinds: readonly Kind[];
  readonly log: Logger;
  /** Called once, when this executor cannot continue: a newer start has replaced it, or its hypervisor was removed. */
  readonly onFatal: (reason: unknown) => void;
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
  /** Consecutive failed calls, of each sort. */
  readonly #failures = { poll: 0, claim: 0, load: 0 };
  #healthCheckedAt = Number.NEGATIVE_INFINITY;
  #turnedAt = performance.now();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ExecutorOptions) {
    const { session, lease, heartbeat, kinds, log, times } = options;
    const onError = (error: unknown) => this.#onError(error);
    const isClosing = () => this.#closing;
    this.#options = options;
    this.#outage = new Outage(log);
    this.#doorbell = new Doorbell(session);
    this.#progress = new Progress(session, times.progress);
    this.#pulse = new Pulse({
      ...{ store: session, lease, heartbeat, times, onError, work: this.#work, serial: this.#serial },
      isMoving: () => performance.now() - this.#turnedAt < times.lease,
      onDone: () => this.#outage.end(),
      onReturned: () => this.#doorbell.ring('claim'),
    });
    const scanned = kinds.filter(({ definition }) => definition.loadIdle !== undefined);
    const reconciler = new Reconciler({ session, kinds: scanned, graceMs: times.grace, scanMs: times.scan });
    this.#watches = scanned.map((kind) => new Watch({ kind, reconciler, log, times, onError }));
    this.#runner = new Runner({
      ...{ store: session, kinds, lease, log, times, reconciler, isClosing, onError },
      ...{ work: this.#work, progress: this.#progress },
      reporter: new Reporter({
        ...{ store: session, times, onError, isClosing },
        poll: () => this.#pollRequest(),
      }),
      onLoaded: (succeeded) => {
        this.#failures.load = succeeded ? 0 : this.#failures.load + 1;
      },
      onDropped: () => this.#pulse.giveBack(),
      onEnded: (reported, outcome) => this.#goOn(reported, outcome),
    });
  }

  /** The sequence of the last operation that it worked on; 0: none. */
  get lastSequence(): number {
    return this.#work.last;
  }

  /** Starts the loop and the scans without waiting for either. */
  async start(): Promise<void> {
    const { session, heartbeat, times } = this.#options;
    await this.#pulse.start();
    this.#every(times.capabilities, () => heartbeat.refresh());
    for (const watch of this.#watches) watch.start();
    const prune = new Prune(session, times.retention);
    void this.#every(times.prune, () => prune.run(() => this.#closing))();
    this.#loop = this.#turn();
  }

  /** Finishes the current steps and releases the remaining operations. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#watches.map((watch) => watch.close()));
    await this.#loop;
    await this.#runner.idle();
    await this.#pulse.close();
    this.#progress.close();
  }

  /** Stops like a killed process: nothing is finished, reported, or released. For tests. */
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

  /** Runs `task` periodically, never concurrently with itself. Returns a function that runs it at once. */
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
    let turn: Turn = 'poll';
    while (!this.#closing) {
      this.#turnedAt = performance.now();
      const free = RUNNING_MAX - this.#work.size;
      const claims = turn === 'claim' && free > 0;
      const { claimed, more, cancelled } = await (claims ? this.#claim(free) : this.#poll());
      this.#work.cancel(cancelled);
      this.#runner.begin(claimed);
      this.#tellHealth();
      const failures = Math.max(...Object.values(this.#failures));
      const isFree = this.#work.size < RUNNING_MAX;
      if (more && isFree && !claims) turn = 'claim';
      else if (failures > 0) {
        await this.#doorbell.pause(growingPause(failures, times.databaseFirst, times.databaseLongest));
        turn = 'poll';
      } else if (more && isFree) turn = 'claim';
      else turn = await this.#doorbell.next(times.poll);
    }
  }

  /** A place is free, and the end of an operation may have unblocked others. */
  #goOn(reported: Reported | undefined, outcome: Outcome | undefined): void {
    if (reported?.status !== 'written') this.#doorbell.ring('poll');
    else if (reported.claimable) this.#doorbell.ring('claim');
    // A timer may fire a millisecond early.
    if (outcome?.status === 'retry') this.#doorbell.ringAfter('claim', outcome.afterMs + 1);
  }

  /** Reports at once that a technology went away or came back. */
  #tellHealth(): void {
    const { heartbeat, times } = this.#options;
    if (this.#turnedAt - this.#healthCheckedAt < times.poll) return;
    this.#healthCheckedAt = this.#turnedAt;
    if (heartbeat.isOutdated()) this.#pulse.beatNow();
  }

  #pollRequest(): PollRequest {
    const { kinds, times } = this.#options;
    const away = kinds.filter((kind) => kind.health?.().available === false);
    return {
      away: away.flatMap(({ definition }) => Object.keys(definition.operations)),
      longestPauseMs: times.retryLongest,
    };
  }

  /** Polls. No claim is in flight meanwhile, so every operation that runs is owned. */
  #poll(): Promise<PollResult> {
    return this.#serial.run(async () => {
      const { session } = this.#options;
      if (this.#closing) return NOTHING;
      try {
        const { claimable, running, cancelled } = await session.poll(this.#pollRequest());
        this.#failures.poll = 0;
        if (!claimable) this.#failures.claim = 0;
        if (running > this.#work.size) this.#pulse.giveBack();
        return { claimed: [], more: claimable, cancelled };
      } catch (error) {
        this.#failures.poll += 1;
        this.#onError(error);
        return NOTHING;
      }
    });
  }

  /** Claimed operations are owned before a renewal can release them. */
  #claim(limit: number): Promise<PollResult> {
    return this.#serial.run(async () => {
      const { session, lease, times } = this.#options;
      const asked = lease.now();
      const running = this.#work.size;
      if (this.#closing || (running > 0 && !lease.isHeld())) return NOTHING;
      try {
        const found = await session.claim({ ...this.#pollRequest(), limit, leaseMs: times.lease });
        if (running === 0) lease.extend(asked);
        this.#failures.claim = 0;
        for (const operation of found.claimed) this.#work.take(operation);
        if (found.running > this.#work.size) this.#pulse.giveBack();
        return { claimed: found.claimed, more: found.claimed.length === limit, cancelled: found.cancelled };
      } catch (error) {
        this.#failures.claim += 1;
        this.#pulse.giveBack();
        this.#onError(error);
        return NOTHING;
      }
    });
  }

  /** While the database is away, calls are repeated; a fenced executor stops. */
  #onError(error: unknown): void {
    if (this.#closing) return;
    if (isFenced(error)) void this.#lose();
    else if (isDatabaseAway(error)) this.#outage.begin(error);
    else this.#options.log.error({ err: error }, 'internal error of the executor');
  }

  /** Stops at once, and reports the reason when the database has returned it. */
  async #lose(): Promise<void> {
    this.#closing = true;
    if (this.#lost) return;
    this.#lost = true;
    const { session, onFatal } = this.#options;
    onFatal(
      await session
        .whyFenced()
        .catch(
          () => new Problem('conflict', 'A newer start of this executor has taken over, or its hypervisor was removed'),
        ),
    );
  }
}
