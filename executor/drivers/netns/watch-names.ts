import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `changed` with names that came to or went from a directory, which itself may come and go. Returns the end of it.
 * Where the system has no watches left nothing is told: a hint, and never more.
 */
export function watchNames(directory: string, changed: (names: readonly string[]) => void): () => void {
  let inner: FSWatcher | undefined;
  const enter = () => {
    inner?.close();
    inner = watchQuietly(directory, (name) => changed([name]));
  };
  const outer = watchQuietly(dirname(directory), (name) => {
    if (name === basename(directory)) enter();
  });
  enter();
  return () => {
    outer?.close();
    inner?.close();
  };
}

function watchQuietly(directory: string, named: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (event, name) => {
      if (event === 'rename' && name !== null) named(name);
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
