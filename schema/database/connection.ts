import type { DatabaseSync, StatementSync } from 'node:sqlite';
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
import { type Identities, OpenedFiles } from './database-file.ts';
import { OPEN_BUSY_MS, type OpenSettings, openFile } from './open-file.ts';

const STATEMENT_CACHE_SIZE = 500;

/** The only disk error after which the same connection can be used; after all others its cache may be stale. */
const FULL = 'SQLITE_FULL';

export interface BatchOutcome<Statements extends readonly Statement[]> {
  readonly rows: Rows<Statements>;
  /** Whether any statement wrote a row. */
  readonly changed: boolean;
}

/** Batches that are committed together. */
export type Group = readonly (readonly Statement[])[];

export type GroupOutcome = readonly (BatchOutcome<readonly Statement[]> | DatabaseError)[];

const dataVersion = statement<{ data_version: number }>('PRAGMA data_version');

interface Prepared {
  readonly statement: StatementSync;
  /** Whether it returns rows. */
  readonly reads: boolean;
  readonly parameters: readonly string[];
}

/** One connection to the embedded database; its calls are synchronous. */
export class Connection {
  readonly #path: string;
  readonly #settings: OpenSettings;
  #database: DatabaseSync;
  #files: OpenedFiles;
  readonly #statements = new Map<string, Prepared>();
  #closed = false;
  /** The last error may have been caused by the connection's state: the next call opens the file again. */
  #broken = false;
  #dataVersion: unknown;

  /**
   * Blocks for at most {@link OPEN_BUSY_MS} while another process recovers the database. `files`: the files that must
   * exist, as another connection opened them. Throws {@link DatabaseError}.
   */
  constructor(path: string, settings: OpenSettings, files?: Identities) {
    this.#path = path;
    this.#settings = settings;
    this.#files = new OpenedFiles(path, files);
    if (files !== undefined) this.#files.checkAll();
    this.#database = openFile(path, settings, OPEN_BUSY_MS);
    if (files === undefined) this.#files = new OpenedFiles(path);
  }

  /** The files that it has open. */
  get files(): Identities {
    return this.#files.identities;
  }

  /** Runs a batch in its own transaction, or (`begin` is null) without one. Throws {@link DatabaseError}. */
  batch<const Statements extends readonly Statement[]>(
    statements: Statements,
    begin: string | null,
  ): BatchOutcome<Statements> {
    return this.#transaction(begin, () => this.#runAll(statements)) as BatchOutcome<Statements>;
  }

  /**
   * Runs several batches in one transaction: each takes effect as a whole or, with an error, not at all, independently
   * of the others. Calls `begun` when the transaction has begun, possibly twice. Throws {@link DatabaseError} if none
   * of them could be committed.
   */
  group(batches: Group, begin: string, begun: () => void = () => undefined): GroupOutcome {
    this.#refuseClosed();
    this.#files.checkAll();
    const outcomes = this.#group(batches, begin, begun);
    this.#files.checkAll('unknown');
    return outcomes;
  }

  #group(batches: Group, begin: string, begun: () => void): GroupOutcome {
    const runEach = (run: (statements: readonly Statement[]) => GroupOutcome[number]) =>
      this.#transaction(begin, () => {
        begun();
        return batches.map(run);
      });
    try {
      return runEach((statements) => this.#runAll(statements));
    } catch (error) {
      // Most groups have nothing to roll back, and need no savepoints.
      if (batches.length === 1 || !isRefusal(error)) throw error;
      return runEach((statements) => this.#runApart(statements));
    }
  }

  #transaction<Result>(begin: string | null, run: () => Result): Result {
    this.#prepareCall();
    let committing = false;
    try {
      if (begin !== null) this.#prepare(begin).statement.run();
      const result = run();
      committing = begin !== null;
      if (committing) this.#prepare('COMMIT').statement.run();
      return result;
    } catch (cause) {
      const error = databaseError(cause, undefined);
      this.#recover(error);
      throw committing ? perhapsCommitted(error) : error;
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
  }

  #prepareCall(): void {
    this.#refuseClosed();
    this.#files.checkDatabaseNowAndThen();
    if (this.#broken) this.#openAgain();
  }

  /** Ends any open transaction, so that the next call finds a usable connection. */
  #recover(error: DatabaseError): void {
    this.#broken ||= error.code === 'unavailable' && error.reason !== FULL;
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      this.#broken = true;
    }
  }

  /** Throws {@link DatabaseError}; the next call tries again. */
  #openAgain(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
    this.#database = openFile(this.#path, this.#settings, 0);
    this.#files.checkDatabase();
    this.#files = new OpenedFiles(this.#path);
    this.#broken = false;
  }

  /** A batch that fails is rolled back to its savepoint, and the others continue. */
  #runApart(statements: readonly Statement[]): BatchOutcome<readonly Statement[]> | DatabaseError {
    this.#prepare('SAVEPOINT batch').statement.run();
    try {
      return this.#runAll(statements);
    } catch (error) {
      // A full disk or similar has ended the whole transaction.
      if (!isRefusal(error) || !this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO batch');
      return error;
    } finally {
      if (this.#database.isTransaction) this.#database.exec('RELEASE batch');
    }
  }

  /** Throws {@link DatabaseError} for the first statement that fails. */
  #runAll(statements: readonly Statement[]): BatchOutcome<readonly Statement[]> {
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

  /** Whether another connection has committed since the last call (`PRAGMA data_version`). */
  sawForeignCommit(): boolean {
    if (this.#closed) return false;
    try {
      const [[version]] = this.batch([dataVersion], null).rows;
      const before = this.#dataVersion;
      this.#dataVersion = version?.data_version;
      return before !== this.#dataVersion;
    } catch {
      // The next call reports the error.
      return false;
    }
  }

  /** Makes commits run a checkpoint whenever the log has grown to this number of pages. */
  checkpointEvery(pages: number): void {
    this.#settings.checkpointPages = pages;
    if (this.#closed) return;
    try {
      this.batch([statement(`PRAGMA wal_autocheckpoint = ${pages}`)], null);
    } catch {
      this.#broken = true;
    }
  }

  /** Rejects calls at once, but keeps the files open until `after`, for another connection. */
  close(after?: Promise<void>): void {
    if (this.#closed) return;
    this.#closed = true;
    if (after === undefined) this.#closeFiles();
    else after.finally(() => this.#closeFiles());
  }

  #closeFiles(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #run({ sql, args }: Statement): { rows: unknown[]; changes: number } {
    const { statement, reads, parameters } = this.#prepare(sql);
    // Bound by number: a lookup of each name costs as much as the rest of a small statement.
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

/** A commit that was not confirmed by the disk may nevertheless be found in the log by the next recovery. */
function perhapsCommitted(error: DatabaseError): DatabaseError {
  if (!error.reason.startsWith('SQLITE_IOERR')) return error;
  return new DatabaseError(error.code, error.reason, error.message, { committed: 'unknown' });
}

/** The batch itself is at fault, and not the database. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code !== 'busy' && error.code !== 'unavailable';
}
