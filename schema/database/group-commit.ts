import { type Bell, newsOf } from './bell.ts';
import { BUSY_MS, busyPause, isBusyError } from './busy.ts';
import type { Connection, Outcome } from './connection.ts';
import { DatabaseError, type Rows, type Statement, type Wakes } from './database.ts';

/** A transaction holds up other processes: beyond so many batches the next one begins. */
const GROUP_MAX = 128;

/** Turns of the event loop that a commit waits at most where requests wait: each turn may bring more for it. */
const HOLD_TURNS_MAX = 12;

interface Bells {
  readonly early: Bell;
  readonly late: Bell;
}

interface Waiting {
  readonly statements: readonly Statement[];
  readonly wakes: Wakes;
  readonly resolve: (rows: Rows<readonly Statement[]>) => void;
  readonly reject: (error: unknown) => void;
  /** Until when it waits for other processes, by performance.now(). */
  readonly deadline: number;
}

/**
 * Batches that come within a few turns of the event loop are committed together: what a commit costs is to write the
 * pages that it changed and have the disk keep them, and batches of one kind change the same ones. A client alone
 * waits a turn at most. While another process holds the write lock, a group waits with pauses, and the event loop and
 * the reads go on.
 */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #bells: Bells;
  #loud: Waiting[] = [];
  /** Of the loud ones, those that early listeners have heard of. */
  #announced = 0;
  /** An executor's claims among them: they come last, so that they find what the others write. */
  #quiet: Waiting[] = [];
  #next: NodeJS.Immediate | undefined;
  /** A group that met a lock; nothing comes before it. */
  #locked: Waiting[] = [];
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #busyMs: number;

  constructor(connection: Connection, bells: Bells, busyMs = BUSY_MS) {
    this.#connection = connection;
    this.#bells = bells;
    this.#busyMs = busyMs;
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    wakes: Wakes,
  ): Promise<Rows<Statements>> {
    return new Promise<Rows<readonly Statement[]>>((resolve, reject) => {
      const deadline = performance.now() + this.#busyMs;
      (wakes === 'nobody' ? this.#quiet : this.#loud).push({ statements, wakes, resolve, reject, deadline });
      this.#begin();
    }) as Promise<Rows<Statements>>;
  }

  close(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    clearTimeout(this.#retry);
    for (const { reject } of [...this.#locked, ...this.#loud, ...this.#quiet]) {
      reject(new DatabaseError('unavailable', 'closed', 'the database is closed'));
    }
    this.#locked = [];
    this.#loud = [];
    this.#quiet = [];
  }

  #begin(): void {
    if (this.#loud.length + this.#quiet.length === 0 || this.#locked.length > 0) return;
    this.#next ??= setImmediate(() => this.#hold(Math.min(HOLD_TURNS_MAX, this.#bells.late.size)));
  }

  #hold(turns: number): void {
    if (turns > 0) this.#next = setImmediate(() => this.#hold(turns - 1));
    else this.#announce();
  }

  /** Who hears of it early has the rest of this turn to write something, too. */
  #announce(): void {
    this.#announced = this.#loud.length;
    this.#next = setImmediate(() => this.#commit());
    if (this.#announced > 0) this.#bells.early.ring(newsOf(this.#loud.map(({ wakes }) => wakes)), true);
  }

  #commit(): void {
    const group = [...this.#loud.splice(0, Math.min(this.#announced, GROUP_MAX)), ...this.#quiet.splice(0)];
    this.#next = undefined;
    this.#try(group);
    this.#begin();
  }

  #try(group: Waiting[]): void {
    try {
      const outcomes = this.#connection.group(
        group.map(({ statements }) => statements),
        'BEGIN IMMEDIATE',
      );
      this.#settle(group, outcomes);
    } catch (error) {
      if (isBusyError(error)) {
        this.#wait(group, error);
        return;
      }
      for (const { reject } of group) reject(error);
    }
    this.#attempts = 0;
  }

  /** Nothing of the group was begun: it is tried again, without those who have waited long enough. */
  #wait(group: readonly Waiting[], error: DatabaseError): void {
    const time = performance.now();
    this.#locked = group.filter(({ deadline }) => deadline > time);
    for (const { deadline, reject } of group) if (deadline <= time) reject(error);
    if (this.#locked.length === 0) {
      this.#attempts = 0;
      return;
    }
    this.#retry = setTimeout(() => {
      this.#try(this.#locked.splice(0));
      this.#begin();
    }, busyPause(this.#attempts));
    this.#attempts += 1;
  }

  #settle(group: readonly Waiting[], outcomes: readonly (Outcome<readonly Statement[]> | DatabaseError)[]): void {
    const changed: Waiting[] = [];
    for (const [index, waiting] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined || outcome instanceof DatabaseError) {
        waiting.reject(outcome);
        continue;
      }
      waiting.resolve(outcome.rows);
      if (outcome.changed && waiting.wakes !== 'nobody') changed.push(waiting);
    }
    if (changed.length === 0) return;
    setImmediate(this.#bells.late.ring, newsOf(changed.map(({ wakes }) => wakes)));
  }
}
