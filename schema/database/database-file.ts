import { chmodSync, closeSync, fchmodSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { DatabaseError } from './database.ts';

/*
 * Nothing but SQLite opens a database file, its log or the log's index: whoever closes a descriptor of one of them
 * drops all locks that its process holds on it (POSIX locks, fcntl(2); https://www.sqlite.org/howtocorrupt.html). What
 * weft itself wants to know of them it learns from stat(2). The one exception is a file that does not exist yet.
 */

const PRIVATE_FILE = 0o600;

/** A database is its file, its log (`-wal`), and the log's index (`-shm`). */
export const FILE_ENDINGS = ['', '-wal', '-shm'] as const;

type FileEnding = (typeof FILE_ENDINGS)[number];

/** Makes the file where there is none, and it and its companions private. Throws {@link DatabaseError}. */
export function prepareDatabaseFile(path: string): void {
  for (const ending of FILE_ENDINGS) refuseOddFile(`${path}${ending}`);
  if (isMissingOrEmpty(path) && (lstat(`${path}-wal`)?.size ?? 0) > 0) {
    // SQLite would delete the log of a file that is empty, and with it what can still be rescued.
    throw new DatabaseError(
      'unavailable',
      'missing',
      `${path} is missing or empty, but its log ${path}-wal is there: restore the file, or move the log away`,
    );
  }
  if (lstat(path) === undefined) createPrivate(path);
  for (const ending of FILE_ENDINGS) makePrivate(`${path}${ending}`);
}

/** Whether a database would be made anew there. */
export function isMissingOrEmpty(path: string): boolean {
  return (lstat(path)?.size ?? 0) === 0;
}

function refuseOddFile(path: string): void {
  const found = lstat(path);
  if (found === undefined || found.isFile()) return;
  const what = found.isSymbolicLink() ? 'a symbolic link: name the file that it points to' : 'not a regular file';
  throw new DatabaseError('unavailable', 'file', `the database file ${path} is ${what}`);
}

/** O_EXCL: what is there already, a link too, is never opened. Two processes that start at once make one file. */
function createPrivate(path: string): void {
  try {
    const descriptor = openSync(path, 'wx', PRIVATE_FILE);
    // The umask may have taken something away.
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

/** A check is a system call, and of thousands of reads a second each would make one. */
const CHECK_MS = 10;

/** Device and inode of each file; undefined: it was not there. */
export type Identities = ReadonlyMap<FileEnding, string | undefined>;

/**
 * Which files were opened: a file that was removed or replaced while it is open still takes writes, which are gone when
 * the process ends. A check costs some microseconds a file.
 */
export class OpenedFiles {
  readonly #path: string;
  readonly identities: Identities;
  /** When the database's own file was found to be the one that was opened, by performance.now(). */
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** To be made once the files are open and there. `identities`: which files they have to be. */
  constructor(path: string, identities?: Identities) {
    this.#path = path;
    this.identities = identities ?? new Map(FILE_ENDINGS.map((ending) => [ending, identity(`${path}${ending}`)]));
  }

  /** Throws {@link DatabaseError} while another file, or none, is where the database was opened. */
  checkDatabase(committed: DatabaseError['committed'] = 'no'): void {
    this.#checkEach([''], committed);
  }

  /** The same, as it was {@link CHECK_MS} ago at most: enough for who only reads. */
  checkDatabaseNowAndThen(): void {
    if (performance.now() - this.#checkedAt > CHECK_MS) this.checkDatabase();
  }

  /** The same of the log and its index, too: a commit goes into these. */
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

/** What a removed log held is written into the database by the end of the process that has it open. */
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
    // A directory above it is gone, or its permissions are.
    return undefined;
  }
}
