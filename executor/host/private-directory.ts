import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../schema/problem.ts';

/** State until the next boot, by database, like the links and namespaces. */
export const RUN_DIRECTORY = '/run/weft';

const WRITABLE_BY_OTHERS = 0o022;

/** The directory does not exist, or this user may not write it. */
const UNUSABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC']);

/** A directory in the state directory for this user alone; others may only pass through the state directory itself. */
export function privateStateDirectory(stateDirectory: string, name: string): string {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o711 });
  return privateDirectory(join(stateDirectory, name));
}

/**
 * A directory that only this user can change, created if missing. Throws a {@link Problem} for one that belongs to
 * another user, that others may write, or that is a link.
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

/** The directory of a database in `base`; null without root, and if there is no `/run`. */
export function runDirectory(database: string, base = RUN_DIRECTORY): string | null {
  try {
    return privateDirectory(`${privateDirectory(base)}/${pathSegment(database)}`);
  } catch (error) {
    if (UNUSABLE.has(Reflect.get(Object(error), 'code'))) return null;
    if (error instanceof Problem && process.geteuid?.() !== 0) return null;
    throw error;
  }
}

/** An id of a database, as part of a file name. Throws a {@link Problem} if it is not a valid id. */
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
