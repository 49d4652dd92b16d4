import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CURRENT } from '../log/files.ts';
import { rotateLog } from '../log/rotate.ts';
import { logDirectory, type RunPaths } from './paths.ts';

export interface RotationOptions {
  /** Of writable layers and logs. */
  readonly directory: string;
  readonly paths: RunPaths;
  /** Of the log of one process; half of it is kept always. */
  readonly limitBytes: number;
  /** Told of what no call can report. */
  readonly log: (message: string) => void;
}

/** Keeps the logs of processes within their limit. */
export class LogRotation {
  readonly #options: RotationOptions;
  readonly #rotating = new Map<string, Promise<void>>();

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  /** Begins to rotate the logs that need it. A log that is not in need costs one system call. */
  check(running: Iterable<string>): void {
    for (const owner of running) {
      if (this.#rotating.has(owner) || !this.#isLarge(owner)) continue;
      this.#rotating.set(
        owner,
        this.#rotate(owner).finally(() => this.#rotating.delete(owner)),
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#rotating.values());
  }

  /** Also if there is none: an earlier rotation did not come to its end. */
  #isLarge(owner: string): boolean {
    const path = join(logDirectory(this.#options.directory, owner), CURRENT);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === undefined || size > this.#options.limitBytes / 2;
  }

  async #rotate(owner: string): Promise<void> {
    const { directory, paths, limitBytes, log } = this.#options;
    try {
      await rotateLog({ directory: logDirectory(directory, owner), bundle: paths.bundle(owner), limitBytes });
    } catch (error) {
      // It was removed meanwhile.
      if (!existsSync(paths.bundle(owner))) return;
      log(`the log of ${owner} could not be rotated: ${error}`);
    }
  }
}
