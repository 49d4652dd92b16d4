import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  boundValue,
  DatabaseError,
  databaseError,
  numbered,
  parametersOf,
  type Rows,
  type Statement,
  statement,
} from './database.ts';

const BUSY_TIMEOUT_MS = 5_000;
const STATEMENT_CACHE_SIZE = 500;
const PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = NORMAL',
  'foreign_keys = ON',
  'temp_store = MEMORY',
  // 64 MiB of log: the checkpoints of a thread come first, and leave little to do, but only a writer begins it anew.
  'wal_autocheckpoint = 16384',
];

export interface Outcome<Statements extends readonly Statement[]> {
  readonly rows: Rows<Statements>;
  /** Whether any statement wrote a row. */
  readonly changed: boolean;
}

const dataVersion = statement('PRAGMA data_version');

interface Prepared {
  readonly statement: StatementSync;
  /** Whether it returns rows. */
  readonly reads: boolean;
  readonly parameters: readonly string[];
}

/** One connection to the embedded database; its calls are synchronous. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  #closed = false;
  #dataVersion: unknown;

  constructor(path: string, ...pragmas: readonly string[]) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    for (const pragma of [...PRAGMAS, ...pragmas]) this.#database.exec(`PRAGMA ${pragma}`);
  }

  /** Runs a batch in a transaction of its own, or (`begin` is null) in none. Throws {@link DatabaseError}. */
  batch<const Statements extends readonly Statement[]>(
    statements: Statements,
    begin: string | null,
  ): Outcome<Statements> {
    return this.#transaction(begin, () => this.#runAll(statements)) as Outcome<Statements>;
  }

  /**
   * Runs several batches in one transaction: each takes effect as a whole or, with an error, not at all, whatever
   * becomes of the others. Throws {@link DatabaseError} where none of them could be committed.
   */
  group(batches: readonly (readonly Statement[])[], begin: string): (Outcome<readonly Statement[]> | DatabaseError)[] {
    try {
      return this.#transaction(begin, () => batches.map((statements) => this.#runAll(statements)));
    } catch (error) {
      // Most groups have nothing to undo, and need no savepoints.
      if (batches.length === 1 || !isRefusal(error)) throw error;
      return this.#transaction(begin, () => batches.map((statements) => this.#runApart(statements)));
    }
  }

  #transaction<Result>(begin: string | null, run: () => Result): Result {
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    try {
      if (begin !== null) this.#prepare(begin).statement.run();
      const result = run();
      if (begin !== null) this.#prepare('COMMIT').statement.run();
      return result;
    } catch (cause) {
      const error = databaseError(cause, undefined);
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** A batch that fails is undone to its savepoint, and the others go on. */
  #runApart(statements: readonly Statement[]): Outcome<readonly Statement[]> | DatabaseError {
    this.#prepare('SAVEPOINT batch').statement.run();
    try {
      return this.#runAll(statements);
    } catch (error) {
      // A full disk or the like has ended the whole transaction.
      if (!isRefusal(error) || !this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO batch');
      return error;
    } finally {
      if (this.#database.isTransaction) this.#database.exec('RELEASE batch');
    }
  }

  /** Throws {@link DatabaseError} for the first statement that fails. */
  #runAll(statements: readonly Statement[]): Outcome<readonly Statement[]> {
    let changed = false;
    const rows = statements.map((current) => {
      try {
        const { rows, changes } = this.#run(current);
        changed ||= changes > 0;
        return rows;
      } catch (cause) {
        throw databaseError(cause, current);
      }
    });
    return { rows, changed };
  }

  /** Whether another connection has committed since this was asked last (`PRAGMA data_version`). */
  sawForeignCommit(): boolean {
    if (this.#closed) return false;
    const [version] = this.#run(dataVersion).rows;
    const before = this.#dataVersion;
    this.#dataVersion = Reflect.get(Object(version), 'data_version');
    return before !== this.#dataVersion;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }

  #run({ sql, args }: Statement): { rows: unknown[]; changes: number } {
    const { statement, reads, parameters } = this.#prepare(sql);
    // By number: a lookup of each name costs as much as the rest of a small statement.
    const bound = parameters.map((name) => boundValue(name, args));
    if (!reads) return { rows: [], changes: Number(statement.run(...bound).changes) };
    const rows = statement.all(...bound);
    return { rows, changes: rows.length };
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) this.#statements.clear();
    const compiled = this.#database.prepare(numbered(sql));
    const prepared = { statement: compiled, reads: compiled.columns().length > 0, parameters: parametersOf(sql) };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** It is the batch that cannot be: the database is well. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code !== 'busy' && error.code !== 'unavailable';
}
