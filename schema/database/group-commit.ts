import type { Connection, Outcome } from './connection.ts';
import { type CommitListener, DatabaseError, type Rows, type Statement, type Wakes } from './database.ts';

/** A transaction holds up other processes: beyond so many batches the next one begins. */
const GROUP_MAX = 128;

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
  readonly #ring: CommitListener;
  #waiting: Waiting[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(connection: Connection, ring: CommitListener) {
    this.#connection = connection;
    this.#ring = ring;
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    wakes: Wakes,
  ): Promise<Rows<Statements>> {
    return new Promise<Rows<readonly Statement[]>>((resolve, reject) => {
      this.#waiting.push({ statements, wakes, resolve, reject });
      this.#turn ??= setImmediate(() => this.#commit());
    }) as Promise<Rows<Statements>>;
  }

  close(): void {
    clearImmediate(this.#turn);
    for (const { reject } of this.#waiting) {
      reject(new DatabaseError('unavailable', 'closed', 'the database is closed'));
    }
    this.#waiting = [];
  }

  #commit(): void {
    const group = this.#waiting.slice(0, GROUP_MAX);
    this.#waiting = this.#waiting.slice(GROUP_MAX);
    this.#turn = this.#waiting.length > 0 ? setImmediate(() => this.#commit()) : undefined;
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
    setImmediate(this.#ring, concerned(changed.map(({ wakes }) => wakes)));
  }
}

/** Those whom the commits of a group concern together; null: everybody. */
export function concerned(wakes: readonly Wakes[]): ReadonlySet<string> | null {
  if (wakes.includes('everybody')) return null;
  return new Set(wakes.flatMap((each) => (typeof each === 'string' ? [] : each)));
}
