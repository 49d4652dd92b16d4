import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Copies a program of the host and what it is linked to into a directory, of which a container runs it by
 * `loader --library-path DIRECTORY DIRECTORY/NAME`.
 */
export function copyProgram(name: string, directory: string): void {
  const program = execFileSync('which', [name], { encoding: 'utf8' }).trim();
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' });
  const files = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  mkdirSync(directory);
  copyFileSync(program, join(directory, name));
  for (const file of files) {
    const isLoader = basename(file).startsWith('ld-linux');
    copyFileSync(file, join(directory, isLoader ? 'loader' : basename(file)));
  }
}
