/*
 * Run by node.sh, so that Node's compile cache has all modules of weft without their types, and a process that runs
 * for months never loads the compiler that strips them. Nothing is started.
 */

const programs = ['start.ts', 'functions/server.ts', 'executor/main.ts', 'schema/database/remote.ts'];

/** They throw outside of a thread, but only after they were compiled. */
const threads = [
  'executor/kinds/network/comparer/thread.ts',
  'executor/drivers/netns/worker.ts',
  'schema/database/database-thread.ts',
];

await Promise.allSettled(
  [...programs, ...threads].map((file) => import(new URL(`../../${file}`, import.meta.url).href)),
);
process.exit();
