import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Makes an OCI layout below the directory, with the image `latest`: busybox, which sleeps until it is told to end. */
export function makeBusyboxLayout(directory: string): string {
  const layout = join(directory, 'layout');
  const tree = join(directory, 'tree');
  for (const name of ['bin', 'etc', 'dev', 'proc', 'sys']) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  umoci('init', '--layout', layout);
  umoci('new', '--image', `${layout}:latest`);
  umoci('insert', '--image', `${layout}:latest`, tree, '/');
  const command = ['/bin/busybox', 'sleep', '100000'].flatMap((word) => ['--config.cmd', word]);
  umoci('config', '--image', `${layout}:latest`, ...command, '--config.stopsignal', 'SIGKILL');
  return layout;
}

function umoci(...words: readonly string[]): void {
  execFileSync('umoci', ['--log=error', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
}
