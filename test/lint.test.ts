import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

const refused = [
  ['functions/operations/x.ts', '../../executor/main.ts', 'functions and executor never import each other'],
  ['executor/loop/x.ts', '../../functions/app.ts', 'functions and executor never import each other'],
  ['executor/main.ts', '../functions/server.ts', 'functions and executor never import each other'],
  ['schema/api/x.ts', '../../functions/app.ts', 'schema/ imports neither side'],
  ['functions/operations/x.ts', 'node:fs', 'This runs on Workers too'],
  ['functions/worker.ts', '@hono/node-server', 'This runs on Workers too'],
  ['functions/operations/x.ts', 'libsql', 'This runs on Workers too'],
  ['schema/api/x.ts', 'node:sqlite', 'This runs on Workers too'],
  ['schema/api/x.ts', 'node:fs', 'This runs on Workers too'],
  ['functions/commands/cens/x.ts', '../../dialects/spp/routes.ts', 'Imports run one way'],
  ['functions/operations/x.ts', '../commands/cens/read.ts', 'Imports run one way'],
  ['functions/http/x.ts', '../operations/commit.ts', 'Imports run one way'],
  ['functions/dialects/leviathan/x.ts', '../../../schema/database/database.ts', 'A dialect parses'],
  ['executor/drivers/netns/x.ts', '../../../schema/names.ts', 'A driver knows its technology'],
  ['executor/kinds/network/x.ts', '../../../schema/database/database.ts', 'never the database'],
  ['executor/loop/x.ts', '../drivers/netns/driver.ts', 'never a technology'],
  ['executor/loop/x.ts', '../kinds/network/plan.ts', 'never a technology'],
  ['executor/loop/x.ts', '../../schema/database/database.ts', 'through schema/store/store.ts alone'],
  ['functions/operations/x.ts', 'drizzle-orm/libsql', 'begin DEFERRED'],
  ['functions/worker.ts', '../schema/database/open.ts', 'for Node alone'],
  ['functions/dialects/leviathan/x.ts', '../../../schema/process/logger.ts', 'for Node alone'],
  ['schema/database/remote.ts', './embedded.ts', 'for Node alone'],
  ['functions/x.test.ts', '../executor/main.ts', 'functions and executor never import each other'],
  ['executor/kinds/x.test.ts', '../../functions/app.ts', 'functions and executor never import each other'],
  ['executor/setup/x.mjs', '../../functions/app.ts', 'functions and executor never import each other'],
  ['schema/api/x.test.ts', '../../functions/app.ts', 'schema/ imports neither side'],
] as const;

const allowed = [
  ['functions/server.ts', '@hono/node-server'],
  ['functions/dialects/spp/x.ts', '../../operations/submit.ts'],
  ['functions/commands/operations/x.ts', '../../operations/commit.ts'],
  ['functions/operations/x.ts', '../http/problem.ts'],
  ['functions/http/x.ts', '../../schema/database/database.ts'],
  ['functions/commands/networks/x.ts', '../../../schema/database/database.ts'],
  ['executor/kinds/network/x.ts', '../../drivers/netns/driver.ts'],
  ['executor/loop/x.ts', '../kinds/resource.ts'],
  ['executor/loop/x.ts', '../../schema/store/store.ts'],
  ['schema/database/connection.ts', 'node:sqlite'],
  ['schema/database/open.ts', './embedded.ts'],
  ['functions/server.ts', '../schema/process/process.ts'],
  ['functions/worker.ts', '../schema/database/remote.ts'],
] as const;

/** The linter's message for an import in a file with that path. */
let found: ReadonlyMap<string, string>;

const keyOf = (path: string, imported: string) => `${path} imports ${imported}`;

/** One run over files with these imports, a line each, in a separate directory with the same rules. */
beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), 'weft-lint-'));
  const rules = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(directory, 'biome.json'), JSON.stringify({ ...rules, $schema: undefined, vcs: undefined }));
  copyFileSync(join(root, 'imports.grit'), join(directory, 'imports.grit'));
  const files = Map.groupBy([...refused, ...allowed], ([path]): string => path);
  for (const [path, imports] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(
      join(directory, path),
      imports.map(([, imported], line) => `export { any as any${line} } from '${imported}';\n`).join(''),
    );
  }
  const program = join(root, 'node_modules/.bin/biome');
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  const told = stdout.matchAll(/^::error .*file=([^,]+),line=(\d+),.*?::(.*)$/gm);
  found = new Map(
    [...told].map(([, file = '', line, message = '']) => {
      const path = relative(directory, file);
      const [, imported = ''] = files.get(path)?.[Number(line) - 1] ?? [];
      return [keyOf(path, imported), message];
    }),
  );
});

describe('the linter keeps the directions of imports', () => {
  it.each(refused)('%s may not import %s', (path, imported, reason) => {
    expect(found.get(keyOf(path, imported))).toContain(reason);
  });

  it.each(allowed)('%s may import %s', (path, imported) => {
    expect(found.get(keyOf(path, imported))).toBeUndefined();
  });
});
