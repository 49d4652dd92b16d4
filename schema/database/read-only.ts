import { lstatSync } from 'node:fs';
import { constants, DatabaseSync } from 'node:sqlite';
import { DatabaseError, databaseError } from './database.ts';
import { fileUrl } from './open-file.ts';

type Row = Record<string, unknown>;

const BUSY_MS = 15_000;

/** The permitted actions of a statement, all of them reads. Everything else is denied before it begins. */
const reading = new Set([
  constants.SQLITE_SELECT,
  constants.SQLITE_READ,
  constants.SQLITE_RECURSIVE,
  constants.SQLITE_FUNCTION,
]);

/** PRAGMAs that only read, whatever their argument: a table, or a number of lines. */
const tellingPragmas = new Set([
  ...['table_info', 'table_xinfo', 'table_list', 'index_list', 'index_info', 'index_xinfo', 'foreign_key_list'],
  ...['database_list', 'collation_list', 'compile_options', 'function_list', 'pragma_list', 'page_count'],
  ...['freelist_count', 'integrity_check', 'quick_check', 'foreign_key_check', 'data_version'],
]);

/** PRAGMAs that read without an argument, and change something with one. */
const settingPragmas = new Set(['journal_mode', 'synchronous', 'page_size', 'user_version', 'schema_version']);

/**
 * Answers one statement from a database file and changes nothing: neither the database nor its settings, nor any other
 * file. Throws {@link DatabaseError}.
 *
 * A database that was shut down has no log, and is read as it is (`immutable`): otherwise SQLite would leave an empty
 * log and its index there. If there is a log, after a crash or while weft is running, reading needs the index, and
 * SQLite recreates a missing one; it holds no data.
 */
export function queryFile(path: string, sql: string): Row[] {
  if (hasLog(path)) return query(fileUrl(path, 'mode=ro'), sql);
  try {
    const rows = query(fileUrl(path, 'immutable=1'), sql);
    // Weft was started meanwhile, and may have changed the file while it was read.
    return hasLog(path) ? query(fileUrl(path, 'mode=ro'), sql) : rows;
  } catch (error) {
    if (!hasLog(path)) throw error;
    return query(fileUrl(path, 'mode=ro'), sql);
  }
}

function hasLog(path: string): boolean {
  return lstatSync(`${path}-wal`, { throwIfNoEntry: false }) !== undefined;
}

function query(url: URL, sql: string): Row[] {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true, timeout: BUSY_MS });
    database.setAuthorizer((action, first, second) => authorize(action, first, second));
    return database.prepare(sql).all();
  } catch (cause) {
    const error = databaseError(cause, undefined);
    if (error.reason !== 'SQLITE_AUTH' && !error.reason.startsWith('SQLITE_READONLY')) throw error;
    throw new DatabaseError('fault', 'read-only', `npm run sql is read-only: ${error.message}`, { cause });
  } finally {
    database?.close();
  }
}

function authorize(action: number, first: string | null, second: string | null): number {
  if (action === constants.SQLITE_PRAGMA)
    return mayAsk(first ?? '', second) ? constants.SQLITE_OK : constants.SQLITE_DENY;
  const loads = action === constants.SQLITE_FUNCTION && second === 'load_extension';
  return reading.has(action) && !loads ? constants.SQLITE_OK : constants.SQLITE_DENY;
}

function mayAsk(pragma: string, argument: string | null): boolean {
  const name = pragma.toLowerCase();
  return tellingPragmas.has(name) || (settingPragmas.has(name) && argument === null);
}
