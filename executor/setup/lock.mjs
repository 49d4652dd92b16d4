import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/**
 * Runs `task` while no other set-up of this directory does. The lock is flock(2) on the directory itself: it leaves no
 * file, and the kernel gives it back when the last process that holds `descriptor` ends, however that happens. A task
 * hands the descriptor on to what must not be overtaken if the set-up alone is killed. Where there is no flock(1),
 * which Debian counts as essential, the task runs unlocked.
 * @template Result
 * @param {string} directory
 * @param {() => void} onWait called when another one holds the lock
 * @param {(descriptor: number) => Result} task
 * @returns {Result}
 */
export function withLock(directory, onWait, task) {
  const descriptor = openSync(directory, 'r');
  try {
    if (flock(descriptor, '--nonblock') === 1) {
      onWait();
      flock(descriptor);
    }
    return task(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The lock belongs to the open file, which flock(1) shares with us, and so outlives flock(1).
 * @param {number} descriptor
 * @param {readonly string[]} options
 * @returns {number | null} 1: somebody else has it
 */
function flock(descriptor, ...options) {
  return spawnSync('flock', [...options, '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] }).status;
}
