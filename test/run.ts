import { fileURLToPath } from 'node:url';
import { TestRun } from './runner/test-run.ts';

/*
 * `npm test`: lint, types, unit tests, then every file of tests on the real kernel in a namespace of its own.
 * `npm test -- WORD` runs the files whose path has the word in it. At the end the query plans of all statements that weft
 * has issued meanwhile are looked at.
 */

const filter = process.argv[2] ?? '';
const run = new TestRun({ root: fileURLToPath(new URL('../', import.meta.url)), filter, deadlineMinutes: 10 });

if (filter === '') {
  await run.check('lint', 'biome', 'check', '--error-on-warnings', '.');
  await run.check('types', 'tsc');
}
run.collectStatements();
const units = run
  .files('{schema,functions,executor,test}/**/*.test.ts')
  .filter((file) => !/\.(real|faults|plans)\.test\.ts$/.test(file));
if (units.length > 0) await run.together('units', units, false);
await run.isolated(run.files('{executor,test}/**/*.real.test.ts'));
await run.checkPlans();
process.exitCode = await run.finish();
