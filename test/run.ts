import { fileURLToPath } from 'node:url';
import { TestRun } from './runner/test-run.ts';

/*
 * `npm test`: lint and types beside the tests, of which those on the real kernel run in namespaces of their own. `npm test --
 * WORD` runs the files whose path contains the word. At the end the query plans of all statements that weft has issued are
 * checked.
 */

const filter = process.argv[2] ?? '';
const run = new TestRun({ root: fileURLToPath(new URL('../', import.meta.url)), deadlineMinutes: 60 });
const checks =
  filter === '' ? [run.check('lint', 'biome', 'check', '--error-on-warnings', '.'), run.check('types', 'tsc')] : [];
await Promise.all([...checks, run.tests(['unit', 'drivers', 'real', 'plans'], filter)]);
process.exitCode = await run.finish();
