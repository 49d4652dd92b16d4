import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { Weft } from '../support/weft.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Modules that only tests, other platforms or a remote database need. */
const needless = ['drizzle-orm', '@libsql/', 'pino-pretty', 'vitest', 'typescript', 'wrangler', '@biomejs/'];

interface Loaded {
  /** TypeScript modules that were in the cache, and that were not. */
  readonly cached: readonly string[];
  readonly missing: readonly string[];
  /** Files of packages. */
  readonly packages: readonly string[];
}

const told = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };

/** What a process has loaded, in all threads, by what Node's compile cache says of each module that it is asked for. */
function loadedBy(output: string): Loaded {
  const found = (pattern: RegExp) => [...output.matchAll(pattern)].map(([, name]) => name ?? '');
  return {
    cached: found(
      /retrieving transpile cache for StrippedTypeScript \S+?\/((?:executor|functions|schema)\/\S+)\.\.\./g,
    ),
    missing: found(/no transpile cache for StrippedTypeScript (\S+)/g),
    packages: found(/reading cache from \S+ for (?:ESM|CommonJS) \S+\/node_modules\/(\S+)\.\.\./g),
  };
}

/** Runs a program of weft to its end. */
function run(program: string, environment: Record<string, string>) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, [join(root, program)], { env, encoding: 'utf8' });
}

describe('a start after the set-up has compiled weft', () => {
  it('strips types from no module, in no thread, and loads no unneeded package', async () => {
    const environment = { ...told, NODE_COMPILE_CACHE: temporaryDirectory() };
    const { status, stderr } = run('executor/setup/compile.mjs', {
      NODE_COMPILE_CACHE: environment.NODE_COMPILE_CACHE,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const weft = await Weft.start(environment);
    await weft.stop();
    const { cached, missing, packages } = loadedBy(weft.output);
    expect(cached).toContain('executor/drivers/netns/worker.ts');
    expect(missing).toEqual([]);
    expect(packages).toContain('valibot/dist/index.mjs');
    expect(packages.filter((file) => needless.some((name) => file.startsWith(name)))).toEqual([]);
  });

  it('is distinguishable from one without', () => {
    const { output } = run('executor/loop/serial.ts', { ...told, NODE_COMPILE_CACHE: temporaryDirectory() });
    const { cached, missing } = loadedBy(output.join(''));
    expect([cached, missing.map((path) => basename(path))]).toEqual([[], ['serial.ts']]);
  });
});
