import Libsql from 'libsql';
import { boundValue, DatabaseError, databaseError, parametersOf, type Rows, type Statement } from './database.ts';

const BUSY_TIMEOUT_MS = 5_000;
const STATEMENT_CACHE_SIZE = 500;
/** 16 MiB of log: a page that many commits change is written back, and waited for, once. */
const CHECKPOINT_PAGES = 4_096;

export interface Outcome<Statements extends readonly Statement[]> {
  readonly rows: Rows<Statements>;
  /** Whether any statement wrote a row. */
  readonly changed: boolean;
}

interface Prepared {
  readonly statement: Libsql.Statement<unknown[]>;
  /** Whether it returns rows. */
  readonly reads: boolean;
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
    const [outcome] = this.group([statements], begin);
    if (outcome instanceof DatabaseError) throw outcome;
    return outcome as Outcome<Statements>;
  }

  /**
   * Runs several batches in one transaction: each takes effect as a whole or, with an error, not at all, whatever
   * becomes of the others. Throws {@link DatabaseError} where none of them could be committed.
   */
  group(
    batches: readonly (readonly Statement[])[],
    begin: string | null,
  ): (Outcome<readonly Statement[]> | DatabaseError)[] {
    // The library aborts the whole process when a closed database is used.
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    try {
      if (begin !== null) this.#prepare(begin).statement.run();
      const outcomes = batches.map((statements) => this.#runBatch(statements, batches.length > 1));
      if (begin !== null) this.#prepare('COMMIT').statement.run();
      return outcomes;
    } catch (cause) {
      const error = databaseError(cause, undefined);
      if (error.code === 'busy') this.#reopen();
      else if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** A batch that fails among others is undone to its savepoint; alone, it takes its transaction with it. */
  #runBatch(statements: readonly Statement[], among: boolean): Outcome<readonly Statement[]> | DatabaseError {
    let running: Statement | undefined;
    let changed = false;
    try {
      if (among) this.#prepare('SAVEPOINT batch').statement.run();
      const rows = statements.map((current) => {
        running = current;
        const { rows, changes } = this.#run(current);
        changed ||= changes > 0;
        return rows;
      });
      if (among) this.#prepare('RELEASE batch').statement.run();
      return { rows, changed };
    } catch (cause) {
      const error = databaseError(cause, running);
      // A full disk or the like has ended the whole transaction.
      if (!among || error.code === 'busy' || !this.#database.inTransaction) throw error;
      this.#database.exec('ROLLBACK TO batch');
      this.#database.exec('RELEASE batch');
      return error;
    }
  }

  /** Whether another connection has committed since this was asked last (`PRAGMA data_version`). */
  sawForeignCommit(): boolean {
    if (this.#closed) return false;
    const version = this.#prepare('PRAGMA data_version').statement.get();
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
    if (!reads) return { rows: [], changes: statement.run(bound).changes };
    const rows = statement.all(bound);
    return { rows, changes: rows.length };
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    const prepared = { statement, reads: statement.reader, parameters: parametersOf(sql) };
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
