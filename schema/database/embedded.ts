import { BUSY_MS, retryWhileBusy } from './busy.ts';
import { Checkpoints } from './checkpoints.ts';
import { CommitNotifier } from './commit-notifier.ts';
import { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { prepareDatabaseFile } from './database-file.ts';
import { ForeignCommits } from './foreign-commits.ts';
import { GroupCommit } from './group-commit.ts';
import { LargeBatches } from './large-batches.ts';
import { CHECKPOINT_PAGES, type Synchronous } from './open-file.ts';
import { ThreadHandle, type ThreadOptions, type Warn } from './thread-handle.ts';

export interface EmbeddedOptions {
  /** `full` by default. */
  readonly synchronous?: Synchronous;
  /** How long a call waits for other processes before it fails as `busy`, in milliseconds. */
  readonly busyMs?: number;
  /** Called for failures outside of calls, which affect none of them. */
  readonly warn?: Warn;
  /** The thread for large batches and for checkpoints. */
  readonly thread?: ThreadOptions;
}

/** Length of the log at which commits run a checkpoint when the thread does not: 8 MiB of pages. */
const CHECKPOINT_PAGES_ALONE = 2_048;

/**
 * The database in one local file, opened by up to a few processes of one machine.
 *
 * It uses Node's own SQLite and not `@libsql/client`, whose file connections are unusable after a BUSY and lose their
 * PRAGMAs, and whose engine (3.45) may lose commits when two processes write and checkpoint (the WAL-reset race, fixed
 * in SQLite 3.51.3). Calls are synchronous and therefore in order. One connection serves all but large batches, so that
 * its cache contains what it has written. Throws {@link DatabaseError} if the file cannot be opened.
 */
export function openEmbedded(path: string, options: EmbeddedOptions = {}): Database {
  const { synchronous = 'full', busyMs = BUSY_MS, warn = () => undefined } = options;
  prepareDatabaseFile(path);
  const connection = new Connection(path, { synchronous, checkpointPages: CHECKPOINT_PAGES });
  const early = new CommitNotifier();
  const late = new CommitNotifier();
  const foreign = new ForeignCommits(path, connection, () => {
    for (const notifier of [early, late]) notifier.notify(null);
  });
  const thread = new ThreadHandle(() => ({ path, synchronous, files: connection.files }), warn, options.thread);
  const checkpoints = new Checkpoints(thread, {
    warn,
    ended: () => connection.checkpointEvery(CHECKPOINT_PAGES_ALONE),
  });
  const large = new LargeBatches(thread, {
    begun: () => foreign.hold(),
    ended(committed) {
      foreign.release(committed === 'yes');
      // A large batch makes the log long.
      if (committed === 'yes') checkpoints.ask();
    },
  });
  const commits = new GroupCommit({ connection, large, notifiers: { early, late }, busyMs });
  return {
    write(statements, options) {
      checkpoints.count();
      return commits.write(statements, options);
    },
    async read(statements) {
      // A single statement is a snapshot by itself.
      const begin = statements.length === 1 ? null : 'BEGIN';
      return (await retryWhileBusy(() => connection.batch(statements, begin), busyMs)).rows;
    },
    subscribe: (listener, when) => (when === 'early' ? early : late).subscribe(listener),
    close() {
      foreign.close();
      early.clear();
      late.clear();
      commits.close();
      checkpoints.close();
      connection.close(thread.close());
    },
  };
}
