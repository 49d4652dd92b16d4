import { defineConfig } from 'vitest/config';
import { STATEMENTS_DIRECTORY } from './test/plans/collected.mjs';

export default defineConfig({
  test: {
    pool: 'forks',
    // Real tests start processes and wait for the kernel; one that hangs is ended.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    include: ['{schema,functions,executor,test}/**/*.test.ts'],
    setupFiles: process.env[STATEMENTS_DIRECTORY] === undefined ? [] : ['test/plans/in-tests.ts'],
  },
});
