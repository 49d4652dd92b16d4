import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { DatabaseError, databaseError } from './database.ts';

/** How long opening a file may block while another process recovers it. */
export const OPEN_BUSY_MS = 5_000;

/** `full`: a commit is on the disk before it is answered. `normal`: a power failure may lose the last commits. */
export type Synchronous = 'full' | 'normal';

export interface OpenSettings {
  readonly synchronous: Synchronous;
  /** Length of the log in pages at which a commit runs a checkpoint itself. */
  checkpointPages: number;
  /** No writes, and little of what is read is read again. */
  readonly readOnly?: boolean;
}

/** SQLite's own default, which also suits a connection that reads everything. */
const CACHE_KIB = 2_000;
const READER_CACHE_KIB = 500;

/**
 * 64 MiB of log: the checkpoints of the thread run earlier and leave little to do, but only a writer can restart the
 * log.
 */
export const CHECKPOINT_PAGES = 16_384;

/**
 * Opens an existing database file, with its log and the log's index, and reads its first page. Its calls do not wait
 * for locks: callers that can wait without blocking the event loop do that. Throws {@link DatabaseError}.
 */
export function openFile(path: string, settings: OpenSettings, busyMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(fileUrl(path, 'mode=rw'), { timeout: busyMs });
    setUp(database, settings);
    return database;
  } catch (cause) {
    database?.close();
    throw databaseError(cause, undefined);
  }
}

/** With SQLite's own parameters, https://www.sqlite.org/uri.html. */
export function fileUrl(path: string, parameters: string): URL {
  const url = pathToFileURL(path);
  url.search = parameters;
  return url;
}

function setUp(database: DatabaseSync, { synchronous, checkpointPages, readOnly = false }: OpenSettings): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') {
    throw new DatabaseError(
      'unavailable',
      'journal_mode',
      'the database cannot be used: its file system has no shared memory for a write-ahead log; use a local one',
    );
  }
  database.exec(
    `PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
     PRAGMA wal_autocheckpoint = ${checkpointPages}; SELECT 1 FROM sqlite_schema;
     PRAGMA query_only = ${readOnly ? 'ON' : 'OFF'}; PRAGMA cache_size = ${readOnly ? -READER_CACHE_KIB : -CACHE_KIB};
     PRAGMA busy_timeout = 0`,
  );
}
