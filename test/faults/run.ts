import { fileURLToPath } from 'node:url';
import { TestRun } from '../runner/test-run.ts';

/*
 * `npm run faults`: tests that take too long for `npm test`. A real process is killed at every place of every scenario,
 * and each fault of the database hits a call again and again. `npm run faults -- WORD` runs the files whose path
 * contains the word.
 */

const run = new TestRun({ root: fileURLToPath(new URL('../../', import.meta.url)), deadlineMinutes: 240 });
await run.tests(['faults'], process.argv[2] ?? '');
process.exitCode = await run.finish();
