import { getHeapStatistics } from 'node:v8';
import koffi from 'koffi';

/*
 * Loaded into the weft that memory.ts measures (`--import`), where it answers over the process' channel what only the
 * process itself can tell. Not TypeScript: to take out the types costs what is measured.
 */

/**
 * All in bytes.
 * @typedef {object} Insides
 * @property {readonly { readonly used: number, readonly resident: number }[]} heaps
 *   what the heaps of JavaScript have in memory: the main thread's first, then those of the threads that answered
 * @property {number} silent threads that were asleep in a system call and could not answer
 * @property {number} arrayBuffers
 * @property {number} allocated by malloc(3), and handed out
 * @property {number} free by malloc(3), and freed or never used
 */

/** A thread that sleeps in the kernel answers when it wakes. */
const ANSWER_MS = 500;

/** @type {Set<import('node:worker_threads').Worker>} */
const workers = new Set();

process.on('worker', (worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

const members = 'arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost'.split(' ');
const struct = koffi.struct('mallinfo2', Object.fromEntries(members.map((name) => [name, 'size_t'])));
const mallinfo = koffi.load(null).func('mallinfo2', struct, []);

/** @returns {Promise<Insides>} */
async function measure() {
  const asked = [...workers].map((worker) =>
    Promise.race([
      worker.getHeapStatistics().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, ANSWER_MS, undefined)),
    ]),
  );
  const answers = await Promise.all(asked);
  const known = answers.filter((answer) => answer !== undefined);
  const { uordblks, fordblks, hblkhd } = mallinfo();
  return {
    heaps: [getHeapStatistics(), ...known].map(({ used_heap_size: used, total_physical_size: resident }) => ({
      used,
      resident,
    })),
    silent: answers.length - known.length,
    arrayBuffers: process.memoryUsage().arrayBuffers,
    allocated: uordblks + hblkhd,
    free: fordblks,
  };
}

process.on('message', () => {
  void measure().then((insides) => process.send?.(insides));
});
