import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Connection } from './connection.ts';

/**
 * When to look after a file changed, in milliseconds: one commit changes it several times, and is seen a moment after
 * its pages were written.
 */
const LOOK_PAUSES = [2, 5, 25, 125];

/**
 * Notices commits of other processes by their writes to the write-ahead log. That file changes with our own commits,
 * too, and of those everybody who is concerned knows already.
 */
export class ForeignCommits {
  readonly #connection: Connection;
  readonly #ring: () => void;
  readonly #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The first look is still to come. */
  #fresh = false;
  /** What is committed now is a commit of our own, by another connection. */
  #held = false;

  constructor(path: string, connection: Connection, ring: () => void) {
    this.#connection = connection;
    this.#ring = ring;
    // From here on.
    connection.sawForeignCommit();
    this.#watcher = watchLog(path, () => this.#begin());
  }

  /** Until {@link release} another connection of ours has the write lock: no other process commits. */
  hold(): void {
    this.#look();
    this.#held = true;
  }

  /** `ours`: what was committed meanwhile is known. */
  release(ours: boolean): void {
    this.#held = false;
    if (ours) this.#connection.sawForeignCommit();
    else this.#look();
  }

  close(): void {
    this.#watcher?.close();
    clearTimeout(this.#timer);
  }

  #begin(): void {
    if (this.#fresh) return;
    this.#fresh = true;
    this.#wait(0);
  }

  /** Looks soon, and again if that was too early. */
  #wait(turn: number): void {
    clearTimeout(this.#timer);
    const pause = LOOK_PAUSES[turn];
    if (pause === undefined) return;
    this.#timer = setTimeout(() => {
      this.#fresh = false;
      if (!this.#look()) this.#wait(turn + 1);
    }, pause).unref();
  }

  #look(): boolean {
    if (this.#held || !this.#connection.sawForeignCommit()) return false;
    this.#ring();
    return true;
  }
}

function watchLog(path: string, changed: () => void): FSWatcher | undefined {
  const log = `${basename(path)}-wal`;
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === log) changed();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    // No inotify watches left: polling alone finds the commits then.
    return undefined;
  }
}
