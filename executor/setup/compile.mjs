import { globSync } from 'node:fs';

/*
 * Run by node.sh, so that Node's compile cache has all modules of weft without their types, and a process that runs
 * for months never loads the compiler that strips them. Nothing is started.
 */

const root = new URL('../../', import.meta.url);

const programs = ['start.ts', 'functions/server.ts', 'executor/main.ts', 'schema/database/remote.ts'];

/** They refuse to run outside of a thread, when they are compiled already. */
const threads = [...globSync('executor/**/worker.ts', { cwd: root }), 'schema/database/database-thread.ts'];

await Promise.allSettled([...programs, ...threads].map((file) => import(new URL(file, root).href)));
process.exit();
