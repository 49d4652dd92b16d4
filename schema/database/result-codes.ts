/*
 * SQLite's result codes (sqlite3.h, https://www.sqlite.org/rescode.html) that describe the database and not the
 * statement.
 */

/** Primary codes: the low octet of the code from Node's SQLite. */
const primary: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  19: 'SQLITE_CONSTRAINT',
  22: 'SQLITE_NOLFS',
  23: 'SQLITE_AUTH',
  26: 'SQLITE_NOTADB',
};

/** Extended codes whose names help an operator. */
const extended: Readonly<Record<number, string>> = {
  261: 'SQLITE_BUSY_RECOVERY',
  266: 'SQLITE_IOERR_READ',
  522: 'SQLITE_IOERR_SHORT_READ',
  778: 'SQLITE_IOERR_WRITE',
  1034: 'SQLITE_IOERR_FSYNC',
  1290: 'SQLITE_IOERR_DIR_FSYNC',
  1546: 'SQLITE_IOERR_TRUNCATE',
  1802: 'SQLITE_IOERR_FSTAT',
  3850: 'SQLITE_IOERR_LOCK',
  4618: 'SQLITE_IOERR_SHMOPEN',
  4874: 'SQLITE_IOERR_SHMSIZE',
  5386: 'SQLITE_IOERR_SHMMAP',
};

/** The name of a code from Node's SQLite; empty for a code that does not describe the database. */
export function resultName(code: number): string {
  return extended[code] ?? primary[code & 0xff] ?? '';
}

const unavailable: readonly (readonly [prefix: string, sentence: string])[] = [
  ['SQLITE_FULL', 'the database cannot be written: the disk is full'],
  // The log's index is a file, too, and the first that no longer fits on a full disk.
  ['SQLITE_IOERR_SHMSIZE', 'the database cannot be written: the disk is full'],
  ['SQLITE_IOERR', 'the database cannot be read or written: the disk reports an error'],
  ['SQLITE_READONLY', 'the database cannot be written: its file or its file system is read-only'],
  ['SQLITE_CORRUPT', 'the database is damaged: stop weft and restore a backup'],
  ['SQLITE_NOTADB', 'the database file is not an SQLite database: stop weft and restore a backup'],
  ['SQLITE_CANTOPEN', 'the database file cannot be opened'],
  ['SQLITE_PERM', 'the database file cannot be used: the permission is missing'],
  ['SQLITE_NOMEM', 'the database cannot be used: the machine is out of memory'],
  ['SQLITE_NOLFS', 'the database cannot be written: the file system does not take a file of its size'],
];

/** The message for an operator if the database itself cannot be used; undefined for every other code. */
export function unavailableMessage(name: string): string | undefined {
  const found = unavailable.find(([prefix]) => name.startsWith(prefix));
  return found === undefined ? undefined : `${found[1]} (${name})`;
}

/** Another connection holds a lock; SQLITE_PROTOCOL is a race for the log that was lost several times. */
export function isBusy(name: string): boolean {
  return name.startsWith('SQLITE_BUSY') || name === 'SQLITE_PROTOCOL';
}
