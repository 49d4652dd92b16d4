import { randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endAll, runCommand } from './runner/command.ts';
import { hostState, leftovers, RUN_MARK } from './runner/leftovers.ts';
import { type Counts, runVitest } from './runner/vitest.ts';

/*
 * `npm test`: lint, types, unit tests, then every file of tests on the real kernel in a namespace of its own.
 * `npm test -- WORD` runs the files whose path has the word in it.
 */

const DEADLINE_MS = 600_000;
const root = fileURLToPath(new URL('../', import.meta.url));
const filter = process.argv[2] ?? '';
const run = randomUUID();
const temporary = mkdtempSync(join(tmpdir(), 'weft-run-'));
// Some tests run weft as a user without rights.
chmodSync(temporary, 0o755);
const environment = { [RUN_MARK]: run, TMPDIR: temporary, XDG_CONFIG_HOME: temporary, WRANGLER_SEND_METRICS: 'false' };
const total = { passed: 0, failed: 0, skipped: 0 };

function count(name: string, began: number, { passed, failed, skipped, output }: Counts): void {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(
    `${failed > 0 ? 'FAIL' : 'ok  '} ${seconds} s  ${name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skips}`,
  );
  if (output !== '') console.log(output);
}

async function check(name: string, program: string, ...args: readonly string[]): Promise<void> {
  const began = performance.now();
  const { code, output } = await runCommand(join(root, 'node_modules/.bin', program), args, {
    environment,
    deadlineMs: DEADLINE_MS,
  });
  count(
    name,
    began,
    code === 0 ? { passed: 1, failed: 0, skipped: 0, output: '' } : { passed: 0, failed: 1, skipped: 0, output },
  );
}

async function testUnits(): Promise<void> {
  const files = globSync('{schema,functions,executor,test}/**/*.test.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.real.test.ts') && file.includes(filter),
  );
  if (files.length === 0) return;
  const began = performance.now();
  const report = join(temporary, 'units.json');
  count(
    'units',
    began,
    await runVitest({ root, args: files, report, environment, isolated: false, deadlineMs: DEADLINE_MS }),
  );
}

async function testReal(): Promise<void> {
  const files = globSync('{executor,test}/**/*.real.test.ts', { cwd: root })
    .filter((file) => file.includes(filter))
    .sort();
  if (process.getuid?.() !== 0) {
    for (const file of files) console.log(`skip           ${file}: needs root, for namespaces of its own`);
    total.skipped += files.length;
    return;
  }
  const worker = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const began = performance.now();
      const report = join(temporary, `${file.replaceAll('/', '-')}.json`);
      count(
        file,
        began,
        await runVitest({ root, args: [file], report, environment, isolated: true, deadlineMs: DEADLINE_MS }),
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function interrupted(): never {
  endAll();
  rmSync(temporary, { recursive: true, force: true });
  process.exit(130);
}

process.on('SIGINT', interrupted);
process.on('SIGTERM', interrupted);

const before = hostState(root);
if (filter === '') {
  await check('lint', 'biome', 'check', '--error-on-warnings', '.');
  await check('types', 'tsc');
}
await testUnits();
await testReal();
rmSync(temporary, { recursive: true, force: true });
const left = leftovers(before, hostState(root), run);
count('nothing is left behind', performance.now(), {
  passed: left.length === 0 ? 1 : 0,
  failed: left.length === 0 ? 0 : 1,
  skipped: 0,
  output: left.join('\n'),
});
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
