import { existsSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseError } from '../database/database.ts';
import { fileUrl } from '../database/open-file.ts';
import { ConfigurationError } from './configuration.ts';

/** How long to wait for another process that is moving it, or has it open. */
const BUSY_MS = 10_000;

/**
 * Moves the database of weft 0.1 from the state directory into `directory`. Its log is checkpointed first, so that the
 * move is one rename(2) of one file: a kill can never separate the two. That needs exclusive access to the database,
 * and so also detects an earlier weft that has it open. Throws a {@link ConfigurationError}.
 */
export function moveEarlierDatabase(stateDirectory: string, directory: string): void {
  const from = join(stateDirectory, 'weft.db');
  if (!isThere(from)) return;
  const to = join(directory, 'weft.db');
  try {
    alone(join(directory, 'moving.lock'), () => moveAlone(from, to));
  } catch (error) {
    // Another process that started at the same time has moved it, and removed its lock.
    if (isThere(from)) throw error;
  }
}

function moveAlone(from: string, to: string): void {
  if (!isThere(from)) return;
  if (!lstatSync(from).isFile()) throw new ConfigurationError(`WEFT_STATE_DIR: ${from} is not a regular file`);
  if (isThere(to)) {
    throw new ConfigurationError(
      `WEFT_STATE_DIR: there are two databases, ${from} of an earlier version and ${to}: move away the wrong one`,
    );
  }
  writeLogBack(from);
  renameSync(from, to);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Runs it in one process at a time; the lock ends with its process, however that ends. */
function alone(path: string, run: () => void): void {
  const lock = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    run();
    // A process that waits for the lock, or creates it again, finds nothing to move any more.
    rmSync(path, { force: true });
  } finally {
    lock.close();
  }
}

/** A database that leaves WAL mode has neither log nor index, and is open in no other process. */
function writeLogBack(path: string): void {
  if (!existsSync(`${path}-wal`) && lstatSync(path).size === 0) return;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(fileUrl(path, 'mode=rw'), { timeout: BUSY_MS });
    database.exec('PRAGMA journal_mode = DELETE');
  } catch (cause) {
    const error = databaseError(cause, undefined);
    throw new ConfigurationError(
      error.code === 'busy'
        ? `WEFT_STATE_DIR: another process has ${path} open, a database that is to be moved: end that process first`
        : `WEFT_STATE_DIR: ${path} is to be moved: ${error.message}`,
    );
  } finally {
    database?.close();
  }
}
