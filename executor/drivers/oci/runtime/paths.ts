import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from './errors.ts';

/** It is the name of directories. */
const OWNER = /^\w[\w.-]*$/;

/** Where the log of a process is, for the functions of `log/`. `directory` is that of the runtime's options. */
export function logDirectory(directory: string, owner: string): string {
  return join(directory, requireOwner(owner), 'log');
}

/** In a bundle: the container's root, and what it mounts of the host. */
export const ROOT = 'root';
export const BINDS = 'binds';

/** The files that describe running processes, below `runDirectory` of the runtime's options. */
export class RunPaths {
  readonly #directory: string;

  constructor(runDirectory: string) {
    this.#directory = runDirectory;
  }

  /** Makes the directories; there are none before the first start. */
  make(): void {
    for (const path of [this.runc, this.exits, this.sockets, this.bundles]) mkdirSync(path, { recursive: true });
  }

  /** Of all that have been started and not removed. */
  owners(): readonly string[] {
    try {
      return readdirSync(this.bundles);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  /** State of runc. */
  get runc(): string {
    return join(this.#directory, 'runc');
  }

  /** Where conmon writes exit codes. */
  get exits(): string {
    return join(this.#directory, 'exits');
  }

  get sockets(): string {
    return join(this.#directory, 'sockets');
  }

  get bundles(): string {
    return join(this.#directory, 'bundles');
  }

  /** @throws RuntimeError `invalid`, as the others that take an owner */
  bundle(owner: string): string {
    return join(this.bundles, requireOwner(owner));
  }

  exit(owner: string): string {
    return join(this.exits, requireOwner(owner));
  }

  socket(owner: string): string {
    return join(this.sockets, requireOwner(owner));
  }
}

function requireOwner(owner: string): string {
  if (!OWNER.test(owner)) throw new RuntimeError('invalid', `find ${JSON.stringify(owner)}`, 'it is no identifier');
  return owner;
}
