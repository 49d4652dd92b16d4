import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { STATEMENTS_DIRECTORY } from './test/plans/collected.mjs';
import { collectStatements } from './test/plans/collecting.ts';
import { RUN_MARK } from './test/runner/leftovers.ts';
import { LongestFirst } from './test/runner/longest-first.ts';
import { namespaces } from './test/runner/namespaces.ts';

const collects = process.env[STATEMENTS_DIRECTORY] !== undefined;
const real = 'test/**/*.real.test.ts';
const drivers = 'executor/**/*.real.test.ts';
const faults = 'test/faults/*.faults.test.ts';
const plans = 'test/plans/*.plans.test.ts';

export default defineConfig({
  plugins: collects ? [collectStatements()] : [],
  test: {
    pool: 'forks',
    // It knows of a module's file and nothing of what `collectStatements` makes of an import.
    fsModuleCache: !collects,
    // Most of them wait now and then, for the kernel or for processes of theirs.
    maxWorkers: availableParallelism() + 1,
    // Only what hangs takes so long: no test depends on how fast a machine is.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
    setupFiles: process.env[RUN_MARK] === undefined ? [] : ['test/runner/temporary-files.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // A process for each file would take longer than most of them.
          isolate: false,
          include: ['{schema,functions,executor,test}/**/*.test.ts'],
          exclude: ['node_modules', real, drivers, faults, plans],
        },
      },
      // On the kernel, as root of a private host; the processes that they start take most of their time.
      // Each file of a driver has a host of its own; those of weft as a whole leave theirs as they found it.
      { extends: true, test: { name: 'drivers', include: [drivers], pool: namespaces } },
      { extends: true, test: { name: 'real', include: [real], pool: namespaces, isolate: false } },
      { extends: true, test: { name: 'faults', include: [faults], pool: namespaces } },
      // After all statements have been collected.
      { extends: true, test: { name: 'plans', include: collects ? [plans] : [], sequence: { groupOrder: 1 } } },
    ],
  },
});
