import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Bell } from './bell.ts';
import { BUSY_MS, retryWhileBusy } from './busy.ts';
import { Checkpoints, type Warn } from './checkpoints.ts';
import { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { prepareDatabaseFile } from './database-file.ts';
import { GroupCommit } from './group-commit.ts';
import { CHECKPOINT_PAGES, type Synchronous } from './open-file.ts';

export interface EmbeddedOptions {
  /** `full` by default. */
  readonly synchronous?: Synchronous;
  /** How long a call waits for other processes before it is `busy`, in milliseconds. */
  readonly busyMs?: number;
  /** Told what goes wrong beside the calls and disturbs none of them. */
  readonly warn?: Warn;
}

/** The log, when its thread does not write it back: 8 MiB of pages. */
const CHECKPOINT_PAGES_ALONE = 2_048;

/**
 * The database in one local file, opened by up to a few processes of one machine.
 *
 * It stands on Node's own SQLite and not on `@libsql/client`, whose file connections poison themselves after a BUSY and
 * lose their PRAGMAs, and whose engine (3.45) may lose commits when two processes write and checkpoint (the WAL-reset
 * race, mended in SQLite 3.51.3). Calls are synchronous and therefore in order. One connection serves all: what it has
 * written it need not read again. Throws {@link DatabaseError} where the file cannot be opened.
 */
export function openEmbedded(path: string, options: EmbeddedOptions = {}): Database {
  const { synchronous = 'full', busyMs = BUSY_MS, warn = () => undefined } = options;
  prepareDatabaseFile(path);
  const connection = new Connection(path, { synchronous, checkpointPages: CHECKPOINT_PAGES });
  const early = new Bell();
  const late = new Bell();
  const commits = new GroupCommit(connection, { early, late }, busyMs);
  const checkpoints = new Checkpoints(path, {
    warn,
    ended: () => connection.checkpointEvery(CHECKPOINT_PAGES_ALONE),
  });
  // The log's file changes with our own commits too, and of those everybody who is concerned knows already.
  const looks = new Looks(() => {
    const saw = connection.sawForeignCommit();
    if (saw) for (const bell of [early, late]) bell.ring(null);
    return saw;
  });
  const watcher = watchCommits(path, () => looks.begin());

  return {
    write(statements, { wakes = 'everybody' } = {}) {
      checkpoints.count();
      return commits.write(statements, wakes);
    },
    async read(statements) {
      // One statement is a snapshot by itself.
      const begin = statements.length === 1 ? null : 'BEGIN';
      return (await retryWhileBusy(() => connection.batch(statements, begin), busyMs)).rows;
    },
    subscribe: (listener, when) => (when === 'early' ? early : late).subscribe(listener),
    close() {
      watcher?.close();
      looks.end();
      early.clear();
      late.clear();
      commits.close();
      checkpoints.close();
      connection.close();
    },
  };
}

/**
 * When to look after a file changed, in milliseconds: one commit changes it several times, and is seen a moment after
 * its pages were written.
 */
const LOOK_PAUSES = [2, 5, 25, 125];

/** Looks soon, and again if that was too early. */
class Looks {
  readonly #look: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  /** The first look is still to come. */
  #fresh = false;

  constructor(look: () => boolean) {
    this.#look = look;
  }

  begin(): void {
    if (this.#fresh) return;
    this.#fresh = true;
    this.#wait(0);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(turn: number): void {
    clearTimeout(this.#timer);
    const pause = LOOK_PAUSES[turn];
    if (pause === undefined) return;
    this.#timer = setTimeout(() => {
      this.#fresh = false;
      if (!this.#look()) this.#wait(turn + 1);
    }, pause).unref();
  }
}

/** Notices commits of other processes by their writes to the write-ahead log. */
function watchCommits(path: string, ring: () => void): FSWatcher | undefined {
  const log = `${basename(path)}-wal`;
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name === log) ring();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    // No inotify watches left: polling alone finds the commits then.
    return undefined;
  }
}
