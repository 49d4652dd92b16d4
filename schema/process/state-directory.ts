import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMissingOrEmpty } from '../database/database-file.ts';
import { refuseForgotten } from '../database/migrate.ts';
import { databasePath } from '../database/open.ts';
import { type Configuration, ConfigurationError, defaultDatabaseUrl } from './configuration.ts';
import { moveEarlierDatabase } from './earlier-database.ts';

/** The owner's alone. */
const PRIVATE = 0o700;

/** Others may pass through to what they own below (QEMU to its disks), but not list it. */
const PASSABLE = 0o711;

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Creates the state directory and the one of the database, and checks that they belong to this user alone: anyone who
 * can write there can replace the database. A database of an earlier version, which was in the state directory itself,
 * is moved. Throws a {@link ConfigurationError} of one line.
 */
export function prepareStateDirectory({ stateDirectory, databaseUrl }: Configuration): void {
  const mode = process.getuid?.() === 0 ? PASSABLE : PRIVATE;
  const isDefault = databaseUrl === defaultDatabaseUrl(stateDirectory);
  // With the database elsewhere the state directory may not be needed; a read-only container has no place for one.
  if (!isDefault && !existsSync(stateDirectory)) return;
  own(stateDirectory, mode);
  // An earlier version created it like this.
  if (mode === PASSABLE && (statSync(stateDirectory).mode & 0o777) === PRIVATE) chmodSync(stateDirectory, PASSABLE);
  if (isDefault) {
    const directory = join(stateDirectory, 'database');
    own(directory, PRIVATE);
    if (lstatSync(directory).isSymbolicLink()) throw refused(directory, 'is a symbolic link');
    chmodSync(directory, PRIVATE);
    moveEarlierDatabase(stateDirectory, directory);
  }
  const path = databasePath(databaseUrl);
  if (path !== undefined && isMissingOrEmpty(path)) refuseForgotten(rememberedDatabases(stateDirectory));
}

/** The ids of the databases that have state files of executors on this host. */
export function rememberedDatabases(stateDirectory: string): string[] {
  const names = [stateDirectory, join(stateDirectory, 'notes')].flatMap(namesIn);
  const ids = names.flatMap(
    (name) => /^seen-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-.+\.json$/.exec(name)?.[1] ?? [],
  );
  return [...new Set(ids)];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return [];
    throw error;
  }
}

function own(directory: string, mode: number): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) {
    make(directory, mode);
    return;
  }
  // A link that belongs to this user, to a larger disk for example, is as good as its target.
  refuseForeign(directory, found);
  const target = statSync(directory);
  refuseForeign(directory, target);
  if (!target.isDirectory()) throw refused(directory, 'is not a directory');
  if ((target.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw refused(directory, `can be written by other users: chmod go-w ${directory}`);
  }
}

function make(directory: string, mode: number): void {
  mkdirSync(dirname(directory), { recursive: true });
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    // Created by another process of weft that starts at the same time.
    if (Reflect.get(Object(error), 'code') !== 'EEXIST') throw error;
    own(directory, mode);
    return;
  }
  // The umask may have removed permissions.
  chmodSync(directory, mode);
}

function refuseForeign(directory: string, { uid }: Stats): void {
  const user = process.getuid?.();
  if (uid !== user)
    throw refused(directory, `belongs to the user ${uid}, and weft runs as ${user}: chown ${user} ${directory}`);
}

function refused(directory: string, why: string): ConfigurationError {
  return new ConfigurationError(`WEFT_STATE_DIR: ${directory} ${why}, or set WEFT_STATE_DIR to another directory`);
}
