import { readdirSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isFileError } from '../images/errors.ts';
import { detachBelow } from './mounts.ts';
import { BINDS, ROOT } from './paths.ts';

/**
 * Deletes the bundle of a container that has ended. Its root, and what it mounts of the host, are mounted in no mount
 * namespace of the host; what somebody has mounted there all the same is detached, and nothing in it is deleted.
 */
export function removeBundle(bundle: string): void {
  for (const point of [join(bundle, ROOT), ...bindsOf(join(bundle, BINDS))]) removePoint(bundle, point);
  rmSync(bundle, { recursive: true, force: true });
}

function bindsOf(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return [];
    throw error;
  }
}

function removePoint(bundle: string, point: string): void {
  try {
    if (statSync(point, { throwIfNoEntry: false })?.isDirectory() ?? true) rmdirSync(point);
    else unlinkSync(point);
  } catch (error) {
    if (isFileError(error, 'EBUSY')) detachBelow(bundle);
    else if (!isFileError(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
