import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** How long the first name waits for the others of its burst. */
const GATHER_MILLISECONDS = 50;

/**
 * Calls `changed` with names that were added to or removed from a directory, which itself may be created and deleted:
 * some 50 ms later, many at once. Returns a function that stops it. It is only a hint: if the system has no inotify
 * watches left, nothing is reported.
 */
export function watchNames(directory: string, changed: (names: readonly string[]) => void): () => void {
  const gathered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let inner: FSWatcher | undefined;
  const notify = () => {
    timer = undefined;
    const names = [...gathered];
    gathered.clear();
    changed(names);
  };
  const tell = (name: string) => {
    gathered.add(name);
    timer ??= setTimeout(notify, GATHER_MILLISECONDS).unref();
  };
  const enter = () => {
    inner?.close();
    inner = watchQuietly(directory, tell);
  };
  const outer = watchQuietly(dirname(directory), (name) => {
    if (name !== basename(directory)) return;
    enter();
    // Entries of a new directory from before it was watched.
    for (const early of namesIn(directory)) tell(early);
  });
  enter();
  return () => {
    clearTimeout(timer);
    outer?.close();
    inner?.close();
  };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
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
