import { hasLongArguments } from './batch-size.ts';
import { BUSY_MS, busyPause, isBusyError } from './busy.ts';
import { type CommitNotifier, notificationOf } from './commit-notifier.ts';
import type { Connection, GroupOutcome } from './connection.ts';
import { type Audience, DatabaseError, type Rows, type Statement, type WriteOptions } from './database.ts';
import type { LargeBatches } from './large-batches.ts';

/** A transaction holds up other processes: beyond so many batches the next one begins. */
const GROUP_MAX = 128;

/** Turns of the event loop that a commit waits at most where requests wait: each turn may bring more for it. */
const HOLD_TURNS_MAX = 12;

interface GroupCommitOptions {
  readonly connection: Connection;
  readonly large: LargeBatches;
  readonly notifiers: { readonly early: CommitNotifier; readonly late: CommitNotifier };
  /** How long a batch waits for other processes, in milliseconds. */
  readonly busyMs?: number;
}

interface Waiting {
  readonly statements: readonly Statement[];
  readonly audience: Audience;
  readonly resolve: (rows: Rows<readonly Statement[]>) => void;
  readonly reject: (error: unknown) => void;
  readonly isLarge: boolean;
  /** Until when it waits for other processes, by the time that {@link GroupCommit} counts. */
  readonly deadline: number;
}

/**
 * Batches that come within a few turns of the event loop are committed together: what a commit costs is to write the
 * pages that it changed and have the disk keep them, and batches of one kind change the same ones. A client alone
 * waits a turn at most. While another process holds the write lock, a group waits with pauses, and the event loop and
 * the reads go on.
 *
 * A large batch is committed by itself and by a thread, with the claims that wait for what it writes. Until it has
 * ended the others wait in their order, and none of that time is held against them.
 */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #large: LargeBatches;
  readonly #notifiers: GroupCommitOptions['notifiers'];
  #notifying: Waiting[] = [];
  /** Of the notifying ones, those that early listeners have heard of. */
  #announced = 0;
  /** An executor's claims among them: they come last, so that they find what the others write. */
  #silent: Waiting[] = [];
  #next: NodeJS.Immediate | undefined;
  /** A group that met a lock; nothing comes before it. */
  #locked: Waiting[] = [];
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #busyMs: number;
  /** Since when the thread has been at a large batch, by performance.now(). */
  #threadSince: number | undefined;
  /** How long it has been at all those before. */
  #threadMs = 0;
  #closed = false;

  constructor({ connection, large, notifiers, busyMs = BUSY_MS }: GroupCommitOptions) {
    this.#connection = connection;
    this.#large = large;
    this.#notifiers = notifiers;
    this.#busyMs = busyMs;
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    { audience = 'all', isLarge = false }: WriteOptions = {},
  ): Promise<Rows<Statements>> {
    return new Promise<Rows<readonly Statement[]>>((resolve, reject) => {
      const deadline = this.#time() + this.#busyMs;
      const waiting = {
        ...{ statements, audience, resolve, reject, deadline },
        isLarge: isLarge || hasLongArguments(statements),
      };
      (audience === 'none' ? this.#silent : this.#notifying).push(waiting);
      this.#begin();
    }) as Promise<Rows<Statements>>;
  }

  /** What the thread is at it brings to its end. */
  close(): void {
    this.#closed = true;
    clearImmediate(this.#next);
    this.#next = undefined;
    clearTimeout(this.#retry);
    for (const { reject } of [...this.#locked, ...this.#notifying, ...this.#silent]) {
      reject(closedError());
    }
    this.#locked = [];
    this.#notifying = [];
    this.#silent = [];
  }

  /** Milliseconds, without those in which batches wait for our own thread. */
  #time(): number {
    return (this.#threadSince ?? performance.now()) - this.#threadMs;
  }

  #begin(): void {
    if (this.#notifying.length + this.#silent.length === 0) return;
    if (this.#locked.length > 0 || this.#threadSince !== undefined) return;
    this.#next ??= setImmediate(() => this.#hold(Math.min(HOLD_TURNS_MAX, this.#notifiers.late.size)));
  }

  #hold(turns: number): void {
    if (turns > 0) this.#next = setImmediate(() => this.#hold(turns - 1));
    else this.#announce();
  }

  /** Who hears of it early has the rest of this turn to write something, too. */
  #announce(): void {
    const next = nextOf(this.#notifying);
    this.#announced = next.length;
    this.#next = setImmediate(() => this.#commit());
    if (next.length > 0) this.#notifiers.early.notify(notificationOf(next.map(({ audience }) => audience)), true);
  }

  #commit(): void {
    const group = [...this.#notifying.splice(0, this.#announced), ...this.#silent.splice(0)];
    this.#next = undefined;
    this.#try(group);
  }

  #try(group: readonly Waiting[]): void {
    if (group.some((waiting) => waiting.isLarge)) {
      this.#tryInThread(group);
      return;
    }
    this.#tryHere(group);
    this.#begin();
  }

  #tryHere(group: readonly Waiting[]): void {
    try {
      this.#settle(group, this.#connection.group(batchesOf(group), 'BEGIN IMMEDIATE'));
    } catch (error) {
      this.#fail(group, error);
    }
  }

  async #tryInThread(group: readonly Waiting[]): Promise<void> {
    this.#threadSince = performance.now();
    try {
      const outcomes = await this.#large.group(batchesOf(group));
      this.#endThread();
      if (outcomes === undefined) this.#tryHere(group);
      else this.#settle(group, outcomes);
    } catch (error) {
      this.#endThread();
      this.#fail(group, error);
    }
    this.#begin();
  }

  #endThread(): void {
    this.#threadMs += performance.now() - (this.#threadSince ?? 0);
    this.#threadSince = undefined;
  }

  #fail(group: readonly Waiting[], error: unknown): void {
    if (isBusyError(error)) {
      this.#wait(group, error);
      return;
    }
    this.#attempts = 0;
    for (const { reject } of group) reject(error);
  }

  /** Nothing of the group was begun: it is tried again, without those who have waited long enough. */
  #wait(group: readonly Waiting[], error: DatabaseError): void {
    const time = this.#closed ? Number.POSITIVE_INFINITY : this.#time();
    this.#locked = group.filter(({ deadline }) => deadline > time);
    for (const { deadline, reject } of group) if (deadline <= time) reject(this.#closed ? closedError() : error);
    if (this.#locked.length === 0) {
      this.#attempts = 0;
      return;
    }
    this.#retry = setTimeout(() => this.#try(this.#locked.splice(0)), busyPause(this.#attempts));
    this.#attempts += 1;
  }

  #settle(group: readonly Waiting[], outcomes: GroupOutcome): void {
    this.#attempts = 0;
    const changed: Waiting[] = [];
    for (const [index, waiting] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined || outcome instanceof DatabaseError) {
        waiting.reject(outcome);
        continue;
      }
      waiting.resolve(outcome.rows);
      if (outcome.changed && waiting.audience !== 'none') changed.push(waiting);
    }
    if (changed.length === 0) return;
    setImmediate(this.#notifiers.late.notify, notificationOf(changed.map(({ audience }) => audience)));
  }
}

/** The first of those that wait that are committed together: a large one alone, or as many before it as fit. */
function nextOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const first = waiting.slice(0, GROUP_MAX);
  const large = first.findIndex(({ isLarge }) => isLarge);
  return large < 0 ? first : first.slice(0, Math.max(large, 1));
}

function batchesOf(group: readonly Waiting[]): readonly (readonly Statement[])[] {
  return group.map(({ statements }) => statements);
}

function closedError(): DatabaseError {
  return new DatabaseError('unavailable', 'closed', 'the database is closed');
}
