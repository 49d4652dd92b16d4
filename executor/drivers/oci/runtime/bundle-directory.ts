import { rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isFileError } from '../images/errors.ts';
import { detachBelow } from './mounts.ts';

/**
 * Deletes the bundle of a container that has ended. Its root is mounted in no mount namespace of the host; what somebody has
 * mounted there all the same is detached, and nothing in it is deleted.
 */
export function removeBundle(bundle: string): void {
  try {
    rmdirSync(join(bundle, 'root'));
  } catch (error) {
    if (isFileError(error, 'EBUSY')) detachBelow(bundle);
    else if (!isFileError(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
  rmSync(bundle, { recursive: true, force: true });
}
