import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import Libsql from 'libsql';
import { boundArguments, type Database, DatabaseError, databaseError, type Rows, type Statement } from './database.ts';

const BUSY_TIMEOUT_MS = 5_000;
const STATEMENT_CACHE_SIZE = 500;

/**
 * The database in one local file, opened by up to a few processes of one machine.
 *
 * It stands on the `libsql` package and not on `@libsql/client`, whose file connections poison themselves after a BUSY
 * and lose their PRAGMAs: here one connection writes and one reads, calls are synchronous and therefore in order, and
 * a connection that met BUSY is opened again.
 */
export function openEmbedded(path: string): Database {
  const writer = new Connection(path);
  const reader = new Connection(path, 'PRAGMA query_only = ON');
  const listeners = new Set<() => void>();
  const ring = () => {
    for (const listener of listeners) listener();
  };
  const watcher = watchCommits(path, ring);

  return {
    async write(statements) {
      const { rows, changed } = writer.batch(statements, 'BEGIN IMMEDIATE');
      if (changed) setImmediate(ring);
      return rows;
    },
    async read(statements) {
      return reader.batch(statements, 'BEGIN').rows;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      watcher?.close();
      listeners.clear();
      reader.close();
      writer.close();
    },
  };
}

/** Notices commits of other processes by their writes to the write-ahead log. */
function watchCommits(path: string, ring: () => void): FSWatcher | undefined {
  const log = `${basename(path)}-wal`;
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === log) ring();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    // No inotify watches left: polling alone finds the commits then.
    return undefined;
  }
}

class Connection {
  readonly #path: string;
  readonly #pragmas: readonly string[];
  #database: Libsql.Database;
  #closed = false;
  #statements = new Map<string, Libsql.Statement<unknown[]>>();

  constructor(path: string, ...pragmas: readonly string[]) {
    this.#path = path;
    this.#pragmas = pragmas;
    this.#database = this.#open();
  }

  batch<const Statements extends readonly Statement[]>(
    statements: Statements,
    begin: string,
  ): { rows: Rows<Statements>; changed: boolean } {
    // The library aborts the whole process when a closed database is used.
    if (this.#closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    let running: Statement | undefined;
    let changed = false;
    try {
      this.#prepare(begin).run();
      const rows = statements.map((current) => {
        running = current;
        const { rows, changes } = this.#run(current);
        changed ||= changes > 0;
        return rows;
      });
      running = undefined;
      this.#prepare('COMMIT').run();
      return { rows: rows as Rows<Statements>, changed };
    } catch (cause) {
      const error = databaseError(cause, running);
      if (error.code === 'busy') this.#reopen();
      else if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }

  #run({ sql, args }: Statement): { rows: unknown[]; changes: number } {
    const prepared = this.#prepare(sql);
    const bound = boundArguments(args);
    if (!prepared.reader) return { rows: [], changes: prepared.run(bound).changes };
    const rows = prepared.all(bound);
    return { rows, changes: rows.length };
  }

  #prepare(sql: string): Libsql.Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= STATEMENT_CACHE_SIZE) this.#statements.clear();
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #open(): Libsql.Database {
    const database = new Libsql(this.#path, { timeout: BUSY_TIMEOUT_MS });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA foreign_keys = ON');
    for (const pragma of this.#pragmas) database.exec(pragma);
    return database;
  }

  #reopen(): void {
    this.#statements.clear();
    this.#database.close();
    this.#database = this.#open();
  }
}
