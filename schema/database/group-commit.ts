import { type Bell, newsOf } from './bell.ts';
import type { Connection, Outcome } from './connection.ts';
import { DatabaseError, type Rows, type Statement, type Wakes } from './database.ts';

/** A transaction holds up other processes: beyond so many batches the next one begins. */
const GROUP_MAX = 128;

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
 * Batches that come in one turn of the event loop are committed together: what a commit costs is to write the pages
 * that it changed, and batches of one kind change the same ones.
 */
export class GroupCommit {
  readonly #connection: Connection;
  readonly #bells: Bells;
  /** Whose early listeners have not heard of them yet. */
  #arriving: Waiting[] = [];
  #ready: Waiting[] = [];
  #announcement: NodeJS.Immediate | undefined;
  #commitment: NodeJS.Immediate | undefined;

  constructor(connection: Connection, bells: Bells) {
    this.#connection = connection;
    this.#bells = bells;
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    wakes: Wakes,
  ): Promise<Rows<Statements>> {
    return new Promise<Rows<readonly Statement[]>>((resolve, reject) => {
      const waiting = { statements, wakes, resolve, reject };
      if (wakes === 'nobody' && this.#arriving.length === 0) {
        this.#ready.push(waiting);
        this.#begin();
      } else {
        this.#arriving.push(waiting);
        this.#announcement ??= setImmediate(() => this.#announce());
      }
    }) as Promise<Rows<Statements>>;
  }

  close(): void {
    clearImmediate(this.#announcement);
    clearImmediate(this.#commitment);
    for (const { reject } of [...this.#ready, ...this.#arriving]) {
      reject(new DatabaseError('unavailable', 'closed', 'the database is closed'));
    }
    this.#ready = [];
    this.#arriving = [];
  }

  /** Who hears of it early has the rest of this turn to write something, too. */
  #announce(): void {
    const arrived = this.#arriving;
    this.#arriving = [];
    this.#announcement = undefined;
    this.#ready.push(...arrived);
    this.#begin();
    const loud = arrived.filter(({ wakes }) => wakes !== 'nobody');
    if (loud.length > 0) this.#bells.early.ring(newsOf(loud.map(({ wakes }) => wakes)));
  }

  #begin(): void {
    if (this.#ready.length > 0) this.#commitment ??= setImmediate(() => this.#commit());
  }

  #commit(): void {
    const group = this.#ready.slice(0, GROUP_MAX);
    this.#ready = this.#ready.slice(GROUP_MAX);
    this.#commitment = undefined;
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
