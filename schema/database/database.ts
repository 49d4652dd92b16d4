import { isBusy, resultName, unavailableMessage } from './result-codes.ts';
import type { WriteFailure } from './write-health.ts';

/** The types that SQLite stores; booleans are 0 and 1, objects are JSON text. */
export type Value = string | number | null;

/**
 * One SQL statement with its named arguments (`:name`). `Row` is the type of the rows that it returns; `guard` is the
 * reason that is reported when the statement aborts its batch.
 */
export interface Statement<Row = unknown> {
  readonly sql: string;
  readonly args: Readonly<Record<string, Value>>;
  readonly guard?: string;
  /** Carries the row's type only; never set. */
  readonly row?: Row;
}

export type Rows<Statements extends readonly Statement[]> = {
  -readonly [Index in keyof Statements]: Statements[Index] extends Statement<infer Row> ? Row[] : never;
};

/** The end of an operation, as in its row. */
export interface OperationEnd {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  /** As JSON. */
  readonly error: string | null;
  /** As JSON; null: the result is the one recorded before it ended. */
  readonly result: string | null;
}

/** The operations that a commit concerns, each with its end if the commit wrote that. */
export type CommitNotification = ReadonlyMap<string, OperationEnd | null>;

/** Whom to notify of a commit: the waiters of these operations, and always the executors; or no one. */
export type Audience = CommitNotification | 'executors' | 'none' | 'all';

/**
 * Is called for a commit; null: it may concern anything. `joins`: the commit is yet to come, and what the listener
 * writes immediately becomes part of it.
 */
export type CommitListener = (notification: CommitNotification | null, joins?: boolean) => void;

export interface CallOptions {
  /** Names the call in errors, in the log, and in the fault harness: `claim`, for example. */
  readonly call?: string;
}

export interface WriteOptions extends CallOptions {
  /** Whom the commit concerns, so that other waiters need not look; `all` by default. */
  readonly audience?: Audience;
  /** It may change thousands of rows, however short its arguments are. */
  readonly isLarge?: boolean;
}

/** All access to weft's database: a batch is one transaction and one round trip. */
export interface Database {
  /** Runs all statements in one immediate transaction, or none. Throws {@link DatabaseError}. */
  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    options?: WriteOptions,
  ): Promise<Rows<Statements>>;
  /** Runs all statements on one snapshot. Throws {@link DatabaseError}. */
  read<const Statements extends readonly Statement[]>(
    statements: Statements,
    options?: CallOptions,
  ): Promise<Rows<Statements>>;
  /**
   * Calls `listener` soon after commits that this process can detect: a hint that shortens a wait, not a guarantee. A
   * listener with `early` is called just before a commit of this process, where that is possible: what it writes
   * immediately goes into the same commit, and sees its writes.
   */
  subscribe(listener: CommitListener, when?: 'early'): () => void;
  /** Why the last write failed, if none has succeeded since; undefined: not tracked. */
  writeFailure?(): WriteFailure | null;
  close(): void;
}

export type DatabaseErrorCode = 'guard' | 'constraint' | 'busy' | 'unavailable' | 'fault';

interface DatabaseErrorOptions extends ErrorOptions {
  readonly committed?: DatabaseError['committed'];
}

/** Why a batch failed. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** The guard's reason for `guard`; `table.column, …` as SQLite names them for `constraint`. */
  readonly reason: string;
  /** `unknown`: the answer was lost, and the batch may have been committed, or may yet be. */
  readonly committed: 'no' | 'unknown';

  constructor(code: DatabaseErrorCode, reason: string, message: string, options: DatabaseErrorOptions = {}) {
    super(message, isAway(code) ? {} : options);
    this.code = code;
    this.reason = reason;
    this.committed = options.committed ?? 'no';
    // Caused by the state of the database and not by code: a stack trace would be noise in a log that repeats it.
    if (this.isAway) this.stack = `${this.name}: ${message}`;
  }

  /** The database fails, and not the batch: the failure is temporary, or needs an operator. */
  get isAway(): boolean {
    return isAway(this.code);
  }
}

function isAway(code: DatabaseErrorCode): boolean {
  return code === 'busy' || code === 'unavailable';
}

export function statement<Row = never>(sql: string, args: Readonly<Record<string, Value>> = {}): Statement<Row> {
  return { sql, args };
}

/**
 * A condition of the batch, as an SQL expression; if it is false or NULL, the batch is aborted with the given reason.
 * (NULL into a NOT NULL column: SQL has no RAISE outside triggers.)
 */
export function guard(reason: string, condition: string, args: Readonly<Record<string, Value>> = {}): Statement<never> {
  return {
    sql: `INSERT INTO guard (reason, ok) SELECT '${reason.replaceAll("'", "''")}', NULL WHERE NOT coalesce((${condition}), 0)`,
    args,
    guard: reason,
  };
}

/** The types that the drivers accept. */
export type Bound = string | number | bigint | null;

const textOrParameter = /'(?:[^']|'')*'|:([A-Za-z_]\w*)/g;

/** The parameters of an SQL text in the order in which SQLite numbers them: each once, at its first occurrence. */
export function parametersOf(sql: string): string[] {
  return [...new Set([...sql.matchAll(textOrParameter)].flatMap(([, name]) => name ?? []))];
}

/** The same text with numbered parameters, from 1, in the order of {@link parametersOf}. */
export function numbered(sql: string): string {
  const parameters = parametersOf(sql);
  return sql.replaceAll(textOrParameter, (found, name?: string) =>
    name === undefined ? found : `?${parameters.indexOf(name) + 1}`,
  );
}

/** The drivers pass a JavaScript number as REAL unless it is a bigint, and undefined as NULL. */
export function boundValue(name: string, args: Statement['args']): Bound {
  const value = args[name];
  if (value === undefined) throw new DatabaseError('fault', name, `the argument :${name} is missing`);
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

/** The database's clock in milliseconds since 1970, as an SQL expression. */
export const now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/**
 * Converts a driver's error to a {@link DatabaseError}. `guard` is the failing statement's reason, if it is a guard.
 */
export function databaseError(cause: unknown, failing: Statement | undefined): DatabaseError {
  if (cause instanceof DatabaseError) return cause;
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code.startsWith('SQLITE_CONSTRAINT') || message.includes('constraint failed')) {
    const columns = /constraint failed: (.+)$/m.exec(message)?.[1] ?? message;
    if (failing?.guard !== undefined && columns.startsWith('guard.')) {
      return new DatabaseError('guard', failing.guard, `guard ${failing.guard} does not hold`, { cause });
    }
    return new DatabaseError('constraint', columns, message, { cause });
  }
  if (isBusy(code)) return new DatabaseError('busy', code, 'the database is busy', { cause });
  const unavailable = unavailableMessage(code);
  if (unavailable !== undefined) return new DatabaseError('unavailable', code, unavailable, { cause });
  if (code.startsWith('HRANA')) {
    return new DatabaseError('unavailable', code, message, { cause });
  }
  return new DatabaseError('fault', code, message, { cause });
}

/** Node's SQLite reports numbers; a libSQL server reports names. */
function codeOf(cause: unknown): string {
  const number: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'errcode') : undefined;
  return (typeof number === 'number' && resultName(number)) || readString(cause, 'code');
}

function readString(value: unknown, member: string): string {
  if (typeof value !== 'object' || value === null || !(member in value)) return '';
  const found: unknown = Reflect.get(value, member);
  return typeof found === 'string' ? found : '';
}
