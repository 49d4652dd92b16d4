import { hasLongArguments } from './batch-size.ts';
import { BUSY_MS, busyPause, isBusyError } from './busy.ts';
import { type CommitNotifier, notificationOf } from './commit-notifier.ts';
import type { Connection, GroupOutcome } from './connection.ts';
import { type Audience, DatabaseError, type Rows, type Statement, type WriteOptions } from './database.ts';
import type { LargeBatches } from './large-batches.ts';

/** A transaction blocks other processes: a group has at most this number of batches. */
const GROUP_MAX = 128;

/** Maximum number of turns of the event loop that a commit waits for further batches, while there are requests. */
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
  /** Deadline of its wait for other processes, in the time of {@link GroupCommit}. */
  readonly deadline: number;
}

/**
 * Batches that arrive within a few turns of the event loop are committed together: the cost of a commit is writing the
 * changed pages and waiting for the disk, and batches of one kind change the same pages. A single client waits a turn
 * at most. While another process holds the write lock, a group waits with pauses, and the event loop and the reads
 * continue.
 *
 * A large batch is committed alone and by a thread, together with the claims that wait for what it writes. Until it has
 * ended the others wait in order, and that time does not count towards their deadline.
 */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #large: LargeBatches;
  readonly #notifiers: GroupCommitOptions['notifiers'];
  #notifying: Waiting[] = [];
  /** How many of the notifying batches early listeners have been notified of. */
  #announced = 0;
  /** Among them an executor's claims: they come last, so that they see what the others write. */
  #silent: Waiting[] = [];
  #next: NodeJS.Immediate | undefined;
  /** A group that met a lock; nothing is committed before it. */
  #locked: Waiting[] = [];
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #busyMs: number;
  /** Since when the thread has been executing a large batch, by performance.now(). */
  #threadSince: number | undefined;
  /** Duration of all earlier large batches. */
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

  /** What the thread is executing is completed. */
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

  /** Milliseconds, without the time in which batches waited for the thread of this process. */
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

  /** Early listeners have the rest of this turn to write something as well. */
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

  /** Nothing of the group was begun: it is tried again, without the batches whose deadline has passed. */
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

/** The first of the waiting batches that are committed together: a single large one, or as many before it as fit. */
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
