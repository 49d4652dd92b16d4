import { readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFileError } from '../images/errors.ts';
import { hierarchiesOf } from '../stats/groups.ts';
import { killNow } from './processes.ts';

/** A control group, in each hierarchy. runc makes it. */
export class ControlGroup {
  readonly #path: string | null;
  #directories: readonly string[] | null = null;

  /** As in config.json: `/weft`. Null: there is none. */
  constructor(path: string | null) {
    this.#path = path;
  }

  /** Does nothing as long as there is a process or another group in it. Returns whether it is gone. */
  removeIfEmpty(): boolean {
    return this.#all().filter((directory) => !isRemoved(directory)).length === 0;
  }

  /** SIGKILL to all that is in it. Returns whether there was nothing. */
  kill(): boolean {
    const members = new Set(this.#all().flatMap(membersOf));
    for (const pid of members) killNow(pid);
    return members.size === 0;
  }

  /** Hierarchies are mounted once, and a host has many other mounts. */
  #all(): readonly string[] {
    const path = this.#path;
    if (path === null) return [];
    this.#directories ??= hierarchiesOf(readFileSync('/proc/self/mountinfo', 'utf8')).map(({ directory }) =>
      join(directory, path),
    );
    return this.#directories;
  }
}

function isRemoved(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return true;
    // It has a process, or another group.
    if (isFileError(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw error;
  }
}

/** Process ids; none if the group was removed with its container. */
export function membersOf(directory: string): number[] {
  try {
    return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}
