import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Connection } from './connection.ts';

/**
 * When to check after a file changed, in milliseconds: one commit changes it several times, and is visible a moment
 * after its pages were written.
 */
const CHECK_PAUSES = [2, 5, 25, 125];

/**
 * Detects commits of other processes by their writes to the write-ahead log. That file also changes with this process'
 * commits, of which everyone concerned has been notified.
 */
export class ForeignCommits {
  readonly #connection: Connection;
  readonly #ring: () => void;
  readonly #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The first check is yet to come. */
  #fresh = false;
  /** The next commit is this process' own, by another connection. */
  #held = false;

  constructor(path: string, connection: Connection, ring: () => void) {
    this.#connection = connection;
    this.#ring = ring;
    // Only later commits count.
    connection.sawForeignCommit();
    this.#watcher = watchLog(path, () => this.#begin());
  }

  /** Until {@link release} another connection of this process has the write lock: no other process commits. */
  hold(): void {
    this.#check();
    this.#held = true;
  }

  /** `ours`: listeners have been notified of the commits made meanwhile. */
  release(ours: boolean): void {
    this.#held = false;
    if (ours) this.#connection.sawForeignCommit();
    else this.#check();
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

  /** Checks soon, and again if that was too early. */
  #wait(turn: number): void {
    clearTimeout(this.#timer);
    const pause = CHECK_PAUSES[turn];
    if (pause === undefined) return;
    this.#timer = setTimeout(() => {
      this.#fresh = false;
      if (!this.#check()) this.#wait(turn + 1);
    }, pause).unref();
  }

  #check(): boolean {
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
    // There are no inotify watches left: only polling finds the commits.
    return undefined;
  }
}
