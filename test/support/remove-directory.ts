import { existsSync, rmSync } from 'node:fs';
import { until } from './until.ts';

/** Removes a directory in which a thread may still be closing a database. */
export function removeDirectory(path: string): Promise<void> {
  return until('the directory is gone', () => isRemoved(path));
}

/**
 * False while a thread writes or deletes its last file: the directory is not empty before the removal, or exists after
 * it.
 */
function isRemoved(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error;
  }
  return !existsSync(path);
}
