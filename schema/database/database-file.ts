import { chmodSync, closeSync, fchmodSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { DatabaseError } from './database.ts';

/*
 * Nothing but SQLite opens a database file, its log or the log's index: closing a descriptor of one of them releases
 * all locks that the process holds on it (POSIX locks, fcntl(2); https://www.sqlite.org/howtocorrupt.html). weft itself
 * inspects them only with stat(2). The one exception is a file that does not exist yet.
 */

const PRIVATE_FILE = 0o600;

/** A database consists of its file, its log (`-wal`), and the log's index (`-shm`). */
export const FILE_ENDINGS = ['', '-wal', '-shm'] as const;

type FileEnding = (typeof FILE_ENDINGS)[number];

/**
 * Creates the file if it does not exist, and restricts it and its companions to the owner. Throws {@link
 * DatabaseError}.
 */
export function prepareDatabaseFile(path: string): void {
  for (const ending of FILE_ENDINGS) refuseOddFile(`${path}${ending}`);
  if (isMissingOrEmpty(path) && (lstat(`${path}-wal`)?.size ?? 0) > 0) {
    // SQLite would delete the log of an empty file, and with it what can still be recovered.
    throw new DatabaseError(
      'unavailable',
      'missing',
      `${path} is missing or empty, but its log ${path}-wal is there: restore the file, or move the log away`,
    );
  }
  if (lstat(path) === undefined) createPrivate(path);
  for (const ending of FILE_ENDINGS) makePrivate(`${path}${ending}`);
}

/** Whether opening the path would create a new database. */
export function isMissingOrEmpty(path: string): boolean {
  return (lstat(path)?.size ?? 0) === 0;
}

function refuseOddFile(path: string): void {
  const found = lstat(path);
  if (found === undefined || found.isFile()) return;
  const what = found.isSymbolicLink() ? 'a symbolic link: name the file that it points to' : 'not a regular file';
  throw new DatabaseError('unavailable', 'file', `the database file ${path} is ${what}`);
}

/**
 * O_EXCL: an existing file or link is never opened. Of two processes that start at the same time one creates the file.
 */
function createPrivate(path: string): void {
  try {
    const descriptor = openSync(path, 'wx', PRIVATE_FILE);
    // The umask may have removed permissions.
    fchmodSync(descriptor, PRIVATE_FILE);
    closeSync(descriptor);
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== 'EEXIST') throw error;
  }
}

function makePrivate(path: string): void {
  const found = lstat(path);
  if (found === undefined || found.uid !== process.getuid?.() || (found.mode & 0o777) === PRIVATE_FILE) return;
  chmodSync(path, PRIVATE_FILE);
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** A check is a system call, which thousands of reads a second would each make. */
const CHECK_MS = 10;

/** Device and inode of each file; undefined: it did not exist. */
export type Identities = ReadonlyMap<FileEnding, string | undefined>;

/**
 * The files that were opened: a file that was removed or replaced while open still accepts writes, which are lost when
 * the process ends. A check costs some microseconds a file.
 */
export class OpenedFiles {
  readonly #path: string;
  readonly identities: Identities;
  /** When the path was last found to be the opened file, by performance.now(). */
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** To be created when the files are open. `identities`: the files that they must be. */
  constructor(path: string, identities?: Identities) {
    this.#path = path;
    this.identities = identities ?? new Map(FILE_ENDINGS.map((ending) => [ending, identity(`${path}${ending}`)]));
  }

  /** Throws {@link DatabaseError} if the path of the database is no longer the file that was opened. */
  checkDatabase(committed: DatabaseError['committed'] = 'no'): void {
    this.#checkEach([''], committed);
  }

  /** The same, cached for {@link CHECK_MS}: sufficient for reads. */
  checkDatabaseNowAndThen(): void {
    if (performance.now() - this.#checkedAt > CHECK_MS) this.checkDatabase();
  }

  /** The same, also for the log and its index, which a commit is written to. */
  checkAll(committed: DatabaseError['committed'] = 'no'): void {
    this.#checkEach(FILE_ENDINGS, committed);
  }

  #checkEach(endings: readonly FileEnding[], committed: DatabaseError['committed']): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    for (const ending of endings) this.#check(ending, committed);
    this.#checkedAt = performance.now();
  }

  #check(ending: FileEnding, committed: DatabaseError['committed']): void {
    const path = `${this.#path}${ending}`;
    const now = identity(path);
    if (now === this.identities.get(ending)) return;
    const what = ending === '' ? 'the database file' : `the database's file ${path}`;
    throw now === undefined
      ? new DatabaseError('unavailable', 'removed', `${what} was removed: ${removedHint(ending, path)}`, { committed })
      : new DatabaseError(
          'unavailable',
          'replaced',
          `${what} was replaced by another: put the old one back, or start weft again with the new one`,
          { committed },
        );
  }
}

/** The process that has a removed log open writes its content into the database when it ends. */
function removedHint(ending: FileEnding, path: string): string {
  return ending === ''
    ? `put ${path} back, or stop weft and restore a backup`
    : 'end weft with SIGTERM and start it again';
}

function identity(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? undefined : `${found.dev}:${found.ino}`;
  } catch {
    // A directory above it was removed, or its permissions were.
    return undefined;
  }
}
