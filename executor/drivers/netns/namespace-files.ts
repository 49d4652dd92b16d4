import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { asNetnsError, isFileError, NetnsError } from './errors.ts';
import { closeDescriptor, openWithoutMounts, tryLock } from './syscalls.ts';

/* The files that give namespaces their names. */

export const LABEL_BYTES = 255;
const LOCK_ATTEMPTS = 100;
const LOCK_PAUSE_MILLISECONDS = 10;

/** A descriptor of the file itself; `other` for a symbolic link, null if it does not exist. Never blocks. */
export function openQuietly(path: string, action: string): number | 'other' | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return null;
    if (isFileError(error, 'ELOOP', 'ENXIO')) return 'other';
    throw asNetnsError(error, action);
  }
}

/** The label in a published file; null if it is empty, or not such a file. */
export function readLabel(path: string): string | null {
  const descriptor = openQuietly(path, `read ${path}`);
  if (typeof descriptor !== 'number') return null;
  try {
    if (!fstatSync(descriptor).isFile()) return null;
    const content = Buffer.alloc(LABEL_BYTES + 1);
    const length = readSync(descriptor, content);
    return length === 0 || length > LABEL_BYTES ? null : content.toString('utf8', 0, length);
  } catch (error) {
    // A file of the kernel's namespace file system appears as a regular one, but cannot be read.
    if (isFileError(error, 'EINVAL')) return null;
    throw asNetnsError(error, `read ${path}`);
  } finally {
    closeSync(descriptor);
  }
}

/** A label, and the file that it was read from. */
export interface KnownLabel {
  readonly label: string | null;
  readonly inode: number;
  readonly changedMs: number;
}

/**
 * The files of a directory below what is mounted over them. The directory is opened at the first use and kept open for
 * all files, since closing it costs the kernel a grace period.
 */
export class FilesBelowMounts implements Disposable {
  readonly #directory: string;
  #descriptor: number | null | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The label in the file of that name; null without one. */
  readLabel(name: string): string | null {
    const path = this.#path(name);
    return path === null ? null : readLabel(path);
  }

  /** The same, read again only if it is not the file that `known` was read from. */
  readLabelAgain(name: string, known: KnownLabel | undefined): KnownLabel | null {
    const path = this.#path(name);
    const found = path === null ? undefined : lstatSync(path, { throwIfNoEntry: false });
    if (path === null || found === undefined) return null;
    const { ino: inode, ctimeMs: changedMs } = found;
    if (known?.inode === inode && known.changedMs === changedMs) return known;
    return { inode, changedMs, label: readLabel(path) };
  }

  #path(name: string): string | null {
    this.#descriptor ??= open(this.#directory);
    return this.#descriptor === null ? null : `/proc/self/fd/${this.#descriptor}/${name}`;
  }

  [Symbol.dispose](): void {
    if (typeof this.#descriptor === 'number') closeDescriptor(this.#descriptor);
  }
}

/** Null if the directory does not exist. */
function open(directory: string): number | null {
  try {
    return openWithoutMounts(directory);
  } catch (error) {
    if (error instanceof NetnsError && error.code === 'missing') return null;
    throw error;
  }
}

/** iproute2 holds this lock for an instant; like iproute2, weft continues without it if it is never released. */
export function waitForLock(descriptor: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    if (tryLock(descriptor)) return;
    Atomics.wait(pause, 0, 0, LOCK_PAUSE_MILLISECONDS);
  }
}
