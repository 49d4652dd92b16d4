import { watch } from 'node:fs';

/** inotify tells nothing of some file systems (overlays, network), so a reader looks by itself, too. */
const POLL_MS = 1_000;

/** Calls `changed` when the log may have grown, and each second; returns what ends it. The directory must exist. */
export function watchLog(directory: string, changed: () => void): () => void {
  const watcher = watch(directory, changed);
  watcher.on('error', () => watcher.close());
  const timer = setInterval(changed, POLL_MS);
  return () => {
    watcher.close();
    clearInterval(timer);
  };
}
