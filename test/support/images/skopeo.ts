import { execFileSync } from 'node:child_process';
import { temporaryDirectory } from '../database.ts';

/** Copies an image as anybody would, but leaves nothing of what skopeo notes for later runs on the host. */
export function copyImage(...args: readonly string[]): void {
  const directory = temporaryDirectory();
  execFileSync('skopeo', ['copy', '--quiet', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, _CONTAINERS_ROOTLESS_UID: '1', XDG_DATA_HOME: directory, TMPDIR: directory },
  });
}
