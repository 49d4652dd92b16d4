import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { Weft } from '../support/weft.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Modules that only tests, other platforms or a remote database need. */
const needless = ['drizzle-orm', '@libsql/', 'ws/', 'pino-pretty', 'vitest', 'typescript', 'wrangler', '@biomejs/'];

interface Loaded {
  /** TypeScript modules that were in the cache, and that were not. */
  readonly cached: readonly string[];
  readonly missing: readonly string[];
  /** Files of packages. */
  readonly packages: readonly string[];
}

/** The modules that a weft has loaded, in all threads, from the log of Node's compile cache. */
async function start({ compiled }: { compiled: boolean }): Promise<Loaded> {
  const cache = { NODE_COMPILE_CACHE: temporaryDirectory() };
  if (compiled) {
    const program = join(root, 'executor/setup/compile.mjs');
    const run = spawnSync(process.execPath, [program], { env: { ...process.env, ...cache }, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
  }
  const weft = await Weft.prepare();
  await weft.start({ ...cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
  await weft.stop();
  const found = (pattern: RegExp) => [...weft.output.matchAll(pattern)].map(([, name]) => name ?? '');
  return {
    cached: found(
      /retrieving transpile cache for StrippedTypeScript \S+?\/((?:executor|functions|schema)\/\S+)\.\.\./g,
    ),
    missing: found(/no transpile cache for StrippedTypeScript (\S+)/g),
    packages: found(/reading cache from \S+ for (?:ESM|CommonJS) \S+\/node_modules\/(\S+)\.\.\./g),
  };
}

describe('a start after the set-up has compiled weft', () => {
  it('strips types from no module, in no thread, and loads no unneeded package', async () => {
    const { cached, missing, packages } = await start({ compiled: true });
    expect(cached).toContain('executor/drivers/netns/worker.ts');
    expect(missing).toEqual([]);
    expect(packages).toContain('valibot/dist/index.mjs');
    expect(packages.filter((file) => needless.some((name) => file.startsWith(name)))).toEqual([]);
  });

  it('is distinguishable from one without', async () => {
    const { cached, missing } = await start({ compiled: false });
    expect([cached.length, missing.length > 100]).toEqual([0, true]);
  });
});
