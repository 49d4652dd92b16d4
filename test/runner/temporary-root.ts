import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** More than a run of all tests writes. */
const NEEDED_BYTES = 4 * 2 ** 30;

/**
 * The directory for temporary files: in memory if there is enough of it and programs can be executed there. On a disk
 * tests would spend most of their time waiting for databases to be synced.
 */
export function temporaryRoot(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const mount = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .findLast((line) => line.split(' ')[1] === MEMORY);
    const options = mount?.split(' ')[3]?.split(',') ?? ['noexec'];
    if (bavail * bsize > NEEDED_BYTES && options.includes('rw') && !options.includes('noexec')) return MEMORY;
  } catch {
    // It does not exist.
  }
  return tmpdir();
}
