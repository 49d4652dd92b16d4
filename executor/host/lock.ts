import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../schema/problem.ts';
import { pathSegment, privateStateDirectory, RUN_DIRECTORY, runDirectory } from './private-directory.ts';

export interface HostLock {
  release(): void;
}

export interface LockPlaces {
  readonly stateDirectory: string;
  readonly database: string;
  /** The directory for state until the next boot. */
  readonly runDirectory?: string;
}

/** The id of a process, and a line feed. */
const PID_BYTES = 16;

/**
 * Admits one executor of a database on this host: an flock(2) of a file in the state directory, and of one in `/run`,
 * so that a second state directory cannot circumvent it. The kernel releases both when the process ends, however it
 * ends. Throws a {@link Problem} that names the holder.
 */
export async function lockHost({
  stateDirectory,
  database,
  runDirectory: base = RUN_DIRECTORY,
}: LockPlaces): Promise<HostLock> {
  const tryLock = await loadFlock();
  const file = `executor-${pathSegment(database)}.lock`;
  const state = takeLock(join(privateStateDirectory(stateDirectory, 'lock'), file), tryLock);
  try {
    const directory = runDirectory(database, base);
    const run = directory === null ? null : takeLock(join(directory, file), tryLock);
    return {
      release() {
        for (const descriptor of [run, state]) if (descriptor !== null) releaseLock(descriptor);
      },
    };
  } catch (error) {
    releaseLock(state);
    throw error;
  }
}

type TryLock = (descriptor: number) => boolean;

/** Node has no flock. */
async function loadFlock(): Promise<TryLock> {
  try {
    return (await import('../drivers/netns/syscalls.ts')).tryLock;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem('impossible', `no executor can run on this machine: the C library cannot be called: ${why}`, {
      hint: 'npm run functions serves the API without one',
      cause,
    });
  }
}

/** The file stays when the lock is released: a removed one could be locked twice, as its old and its new inode. */
function takeLock(path: string, tryLock: TryLock): number {
  // Node opens every file with O_CLOEXEC.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    if (!tryLock(descriptor)) throw refused(holderOf(descriptor));
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`, 0);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function releaseLock(descriptor: number): void {
  try {
    ftruncateSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Null while the holder has not written it yet. */
function holderOf(descriptor: number): string | null {
  const content = Buffer.alloc(PID_BYTES);
  const text = content.toString('latin1', 0, readSync(descriptor, content, 0, PID_BYTES, 0)).trim();
  return /^\d+$/.test(text) ? text : null;
}

function refused(holder: string | null): Problem {
  const pid = holder === null ? '' : ` (pid ${holder})`;
  return new Problem('conflict', `Another executor of this database runs on this host${pid}`, {
    hint: 'End that one first',
  });
}
