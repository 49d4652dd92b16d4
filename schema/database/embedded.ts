import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Connection } from './connection.ts';
import type { CommitListener, Database } from './database.ts';
import { GroupCommit } from './group-commit.ts';

/**
 * The database in one local file, opened by up to a few processes of one machine.
 *
 * It stands on the `libsql` package and not on `@libsql/client`, whose file connections poison themselves after a BUSY
 * and lose their PRAGMAs: here one connection writes and one reads, calls are synchronous and therefore in order, and
 * a connection that met BUSY is opened again.
 */
export function openEmbedded(path: string): Database {
  const writer = new Connection(path);
  const reader = new Connection(path, 'PRAGMA query_only = ON');
  const listeners = new Set<CommitListener>();
  const ring: CommitListener = (about) => {
    for (const listener of listeners) listener(about);
  };
  const commits = new GroupCommit(writer, ring);
  // The log's file changes with our own commits too, and of those everybody who is concerned knows already.
  const watcher = watchCommits(path, () => {
    if (writer.sawForeignCommit()) ring(null);
  });

  return {
    write: (statements, wakes = 'everybody') => commits.write(statements, wakes),
    async read(statements) {
      // One statement is a snapshot by itself.
      return reader.batch(statements, statements.length === 1 ? null : 'BEGIN').rows;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      watcher?.close();
      listeners.clear();
      commits.close();
      reader.close();
      writer.close();
    },
  };
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
