import { randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endAll, runCommand } from './runner/command.ts';
import { endProcesses, hostState, killProcesses, leftovers, RUN_MARK, temporaryFiles } from './runner/leftovers.ts';
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
const environment = {
  [RUN_MARK]: run,
  TMPDIR: temporary,
  XDG_CONFIG_HOME: temporary,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  // npm keeps one among the temporary files.
  NODE_DISABLE_COMPILE_CACHE: '1',
};
const total = { passed: 0, failed: 0, skipped: 0 };
const left: string[] = [];

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
  const files = testFiles('{schema,functions,executor,test}/**/*.test.ts').filter(
    (file) => !file.endsWith('.real.test.ts'),
  );
  if (files.length > 0) await testFilesTogether('units', files, false);
}

async function testReal(): Promise<void> {
  const files = testFiles('{executor,test}/**/*.real.test.ts');
  if (process.getuid?.() !== 0) {
    for (const file of files) console.log(`skip           ${file}: needs root, for namespaces of its own`);
    total.skipped += files.length;
    return;
  }
  const worker = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift())
      await testFilesTogether(file, [file], true);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function testFiles(pattern: string): string[] {
  const files = globSync(pattern, { cwd: root }).filter((file) => file.includes(filter));
  return files.sort();
}

/** One process of vitest, with a directory of its own for temporary files, in which it is to leave none. */
async function testFilesTogether(name: string, files: readonly string[], isolated: boolean): Promise<void> {
  const began = performance.now();
  const directory = join(temporary, name.replaceAll('/', '-'));
  mkdirSync(directory);
  const report = `${directory}.json`;
  const own = { ...environment, TMPDIR: directory };
  const counts = await runVitest({ root, args: files, report, environment: own, isolated, deadlineMs: DEADLINE_MS });
  count(name, began, counts);
  left.push(...temporaryFiles(directory).map((file) => `${file} of ${name}`));
}

function removeTemporary(): void {
  rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
}

function interrupted(signal: 'SIGINT' | 'SIGTERM'): never {
  endAll();
  killProcesses(run);
  removeTemporary();
  process.exit(128 + constants.signals[signal]);
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
const tested = total.passed + total.failed + total.skipped > 0;
if (!tested) console.error(`no file of tests has "${filter}" in its path`);
left.push(...(await endProcesses(run)));
removeTemporary();
left.push(...leftovers(before, hostState(root)));
count('nothing is left behind', performance.now(), {
  passed: left.length === 0 ? 1 : 0,
  failed: left.length === 0 ? 0 : 1,
  skipped: 0,
  output: left.join('\n'),
});
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = tested && total.failed === 0 && total.passed > 0 ? 0 : 1;
