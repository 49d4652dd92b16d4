import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../schema/problem.ts';

/** What lives until the next boot, by database, as the links and namespaces do. */
export const RUN_DIRECTORY = '/run/weft';

const WRITABLE_BY_OTHERS = 0o022;

/** The file system has no such place, or none that this user may write. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC']);

/** A directory in the state directory for this user alone; others may pass the state directory itself. */
export function privateStateDirectory(stateDirectory: string, name: string): string {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o711 });
  return privateDirectory(join(stateDirectory, name));
}

/**
 * A directory that this user alone can change, made where it is missing. Throws a {@link Problem} for one that belongs
 * to another user, that others may write, or that is a link.
 */
function privateDirectory(path: string): string {
  makeUnlessThere(path);
  const { uid, mode } = requireDirectory(path);
  const own = process.geteuid?.() ?? uid;
  if (uid !== own) throw unsafe(path, `belongs to user ${uid}, and this process is of user ${own}`);
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw unsafe(path, `can be written by other users (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`);
  }
  return path;
}

/** The directory of a database in `base`; null without root, and where there is no `/run`. */
export function runDirectory(database: string, base = RUN_DIRECTORY): string | null {
  try {
    return privateDirectory(`${privateDirectory(base)}/${pathSegment(database)}`);
  } catch (error) {
    if (UNUSABLE.has(Reflect.get(Object(error), 'code'))) return null;
    if (error instanceof Problem && process.geteuid?.() !== 0) return null;
    throw error;
  }
}

/** An id of a database, as part of the name of a file. Throws a {@link Problem} for what is no id. */
export function pathSegment(id: string): string {
  if (/^[A-Za-z0-9-]{1,64}$/.test(id)) return id;
  throw new Problem('invalid', `invalid id of a database: ${JSON.stringify(id)}`);
}

function makeUnlessThere(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== 'EEXIST') throw error;
  }
}

function requireDirectory(path: string): { uid: number; mode: number } {
  const status = lstatSync(path);
  if (!status.isDirectory()) throw unsafe(path, 'is not a directory');
  return status;
}

function unsafe(path: string, why: string): Problem {
  return new Problem('conflict', `${path} ${why}`, { hint: 'Remove it, or correct its owner and mode' });
}
