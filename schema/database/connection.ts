import Libsql from 'libsql';
import {
  boundValue,
  DatabaseError,
  databaseError,
  parametersOf,
  type Rows,
  type Statement,
  single,
} from './database.ts';

const BUSY_TIMEOUT_MS = 5_000;
const STATEMENT_CACHE_SIZE = 500;
/** 16 MiB of log: a page that many commits change is written back, and waited for, once. */
const CHECKPOINT_PAGES = 4_096;

export interface Outcome<Statements extends readonly Statement[]> {
  readonly rows: Rows<Statements>;
  /** Whether any statement wrote a row. */
  readonly changed: boolean;
}

const dataVersion = single('PRAGMA data_version');

interface Prepared {
  readonly statement: Libsql.Statement<unknown[]>;
  /** Names of what it returns; null: it returns no rows. */
  readonly columns: readonly string[] | null;
  readonly parameters: readonly string[];
}

/** One connection to the embedded database; its calls are synchronous. */
export class Connection {
  readonly #path: string;
  readonly #pragmas: readonly string[];
  #database: Libsql.Database;
  #closed = false;
  #dataVersion: unknown;
  #statements = new Map<string, Prepared>();

  constructor(path: string, ...pragmas: readonly string[]) {
    this.#path = path;
    this.#pragmas = pragmas;
    this.#database = this.#open();
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
      if (batches.length === 1 || !this.#isRefusal(error)) throw error;
      return this.#transaction(begin, () => batches.map((statements) => this.#runApart(statements)));
    }
  }

  #transaction<Result>(begin: string | null, run: () => Result): Result {
    // The library aborts the whole process when a closed database is used.
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    try {
      if (begin !== null) this.#prepare(begin).statement.run();
      const result = run();
      if (begin !== null) this.#prepare('COMMIT').statement.run();
      return result;
    } catch (cause) {
      const error = databaseError(cause, undefined);
      if (error.code === 'busy') this.#reopen();
      else if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
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
      if (!this.#isRefusal(error) || !this.#database.inTransaction) throw error;
      this.#database.exec('ROLLBACK TO batch');
      return error;
    } finally {
      if (this.#database.inTransaction) this.#database.exec('RELEASE batch');
    }
  }

  /** It is the batch that cannot be: the database is well. */
  #isRefusal(error: unknown): error is DatabaseError {
    return error instanceof DatabaseError && error.code !== 'busy' && error.code !== 'unavailable';
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

  #run({ sql, args, single }: Statement): { rows: unknown[]; changes: number } {
    const { statement, columns, parameters } = this.#prepare(sql);
    // By number: a lookup of each name costs as much as the rest of a small statement.
    const bound = parameters.map((name) => boundValue(name, args));
    if (columns === null) return { rows: [], changes: statement.run(bound).changes };
    // The library takes five times as long to read all rows as to read one.
    const found = single ? [statement.get(bound)].filter((row) => row !== undefined) : statement.all(bound);
    const rows = (found as readonly unknown[][]).map((values) => named(columns, values));
    return { rows, changes: rows.length };
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    const prepared = { statement, columns: columnsOf(statement), parameters: parametersOf(sql) };
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #open(): Libsql.Database {
    const database = new Libsql(this.#path, { timeout: BUSY_TIMEOUT_MS });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA foreign_keys = ON');
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    for (const pragma of this.#pragmas) database.exec(pragma);
    return database;
  }

  #reopen(): void {
    this.#statements.clear();
    this.#database.close();
    this.#database = this.#open();
  }
}

/** Lists of values: objects made by the library take four times as long. */
function columnsOf(statement: Libsql.Statement<unknown[]>): readonly string[] | null {
  if (!statement.reader) return null;
  statement.raw();
  return statement.columns().map(({ name }) => name);
}

function named(columns: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, name] of columns.entries()) row[name] = values[index];
  return row;
}
