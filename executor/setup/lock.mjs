import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/**
 * Runs `task` while no other set-up of this directory does. The lock is flock(2) on the directory itself: it leaves no
 * file, and the kernel releases it when the last process that holds `descriptor` ends, however that happens. A task
 * passes the descriptor to child processes that must keep the lock if the set-up alone is killed. Without flock(1),
 * which is essential in Debian, the task runs unlocked.
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
 * The same for a task that takes a while, in a process that does other things meanwhile.
 * @template Result
 * @param {string} directory
 * @param {() => Promise<Result>} task
 * @returns {Promise<Result>}
 */
export async function whileLocked(directory, task) {
  const descriptor = openSync(directory, 'r');
  try {
    const waiting = spawn('flock', ['3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
    await Promise.race([once(waiting, 'close'), once(waiting, 'error')]).catch(() => undefined);
    return await task();
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The lock belongs to the open file, which flock(1) shares with this process, and so outlives flock(1).
 * @param {number} descriptor
 * @param {readonly string[]} options
 * @returns {number | null} 1: another process has it
 */
function flock(descriptor, ...options) {
  return spawnSync('flock', [...options, '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] }).status;
}
