import { type Bell, newsOf } from './bell.ts';
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
}

/**
 * Batches that come within a few turns of the event loop are committed together: what a commit costs is to write the
 * pages that it changed, and batches of one kind change the same ones. A client alone waits a turn at most.
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

  constructor(connection: Connection, bells: Bells) {
    this.#connection = connection;
    this.#bells = bells;
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    wakes: Wakes,
  ): Promise<Rows<Statements>> {
    return new Promise<Rows<readonly Statement[]>>((resolve, reject) => {
      (wakes === 'nobody' ? this.#quiet : this.#loud).push({ statements, wakes, resolve, reject });
      this.#begin();
    }) as Promise<Rows<Statements>>;
  }

  close(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    for (const { reject } of [...this.#loud, ...this.#quiet]) {
      reject(new DatabaseError('unavailable', 'closed', 'the database is closed'));
    }
    this.#loud = [];
    this.#quiet = [];
  }

  #begin(): void {
    if (this.#loud.length + this.#quiet.length === 0) return;
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
    if (this.#announced > 0) this.#bells.early.ring(newsOf(this.#loud.map(({ wakes }) => wakes)));
  }

  #commit(): void {
    const group = [...this.#loud.splice(0, Math.min(this.#announced, GROUP_MAX)), ...this.#quiet.splice(0)];
    this.#next = undefined;
    this.#begin();
    try {
      const outcomes = this.#connection.group(
        group.map(({ statements }) => statements),
        'BEGIN IMMEDIATE',
      );
      this.#settle(group, outcomes);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
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
