import { readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFileError } from '../images/errors.ts';
import { hierarchiesOf } from '../stats/groups.ts';

/** The control group that has those of all containers, in each hierarchy. runc makes it, and never removes it. */
export class ParentGroup {
  readonly #path: string | null;
  #directories: readonly string[] | null = null;

  /** As in config.json: `/weft`. Null: containers have no common one. */
  constructor(path: string | null) {
    this.#path = path;
  }

  /** Does nothing as long as there is another group in it. */
  removeIfEmpty(): void {
    for (const directory of this.#all()) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if (!isFileError(error, 'ENOENT', 'EBUSY', 'ENOTEMPTY')) throw error;
      }
    }
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
