import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../database.ts';

const COMMANDS = [
  'sh',
  'sleep',
  'echo',
  'cat',
  'ping',
  'nc',
  'ip',
  'hostname',
  'id',
  'pwd',
  'env',
  'kill',
  'touch',
  'ls',
  'seq',
];

export interface ShellImageOptions {
  /** `sleep 600` by default. */
  readonly command?: readonly string[];
  readonly config?: readonly string[];
}

/** An OCI layout with the image `latest`: busybox under its usual names, users, and a command. */
export function makeShellLayout({ command = ['sleep', '600'], config = [] }: ShellImageOptions = {}): string {
  const directory = temporaryDirectory();
  const layout = join(directory, 'layout');
  const tree = join(directory, 'tree');
  for (const name of ['bin', 'etc', 'dev', 'proc', 'sys', 'tmp', 'srv'])
    mkdirSync(join(tree, name), { recursive: true });
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const name of COMMANDS) symlinkSync('busybox', join(tree, 'bin', name));
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n');
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\nweb:x:33:\n');
  const image = `${layout}:latest`;
  umoci('init', '--layout', layout);
  umoci('new', '--image', image);
  umoci('insert', '--image', image, tree, '/');
  umoci('config', '--image', image, ...command.flatMap((word) => ['--config.cmd', word]), ...config);
  return layout;
}

function umoci(...args: readonly string[]): void {
  execFileSync('umoci', ['--log=error', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}
