import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Instance } from './instance.ts';

const program = fileURLToPath(new URL('../../executor/clean.ts', import.meta.url));

export interface CleanOptions {
  readonly list?: boolean;
  /** weft's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Cleaned {
  readonly output: string;
  /** What it printed on standard error. */
  readonly errors: string;
}

/** `npm run clean` for the database of a weft that does not run. Throws what it says if it fails. */
export function clean(
  { stateDirectory }: Pick<Instance, 'stateDirectory'>,
  { list = false, environment = {} }: CleanOptions = {},
): Cleaned {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...(list ? ['--list'] : [])], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WEFT_STATE_DIR: stateDirectory, ...environment },
  });
  if (status !== 0) throw new Error(stderr);
  return { output: stdout, errors: stderr };
}
