import { getHeapStatistics, type HeapInfo } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import koffi from 'koffi';

/*
 * Loaded into the weft that memory.ts measures (`--import`), where it answers over the process' channel what only the
 * process itself can tell.
 */

/** All in bytes. */
export interface Insides {
  /** What the heaps of JavaScript have in memory: the main thread's first, then those of the threads that answered. */
  readonly heaps: readonly { readonly used: number; readonly resident: number }[];
  /** Threads that were asleep in a system call and could not answer. */
  readonly silent: number;
  readonly arrayBuffers: number;
  /** malloc(3): handed out, and freed or never used. */
  readonly allocated: number;
  readonly free: number;
}

/** A thread that sleeps in the kernel answers when it wakes. */
const ANSWER_MS = 500;

const workers = new Set<Worker>();

process.on('worker', (worker: Worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

const names = [
  'arena',
  'ordblks',
  'smblks',
  'hblks',
  'hblkhd',
  'usmblks',
  'fsmblks',
  'uordblks',
  'fordblks',
  'keepcost',
];
const mallinfo = koffi
  .load(null)
  .func('mallinfo2', koffi.struct('mallinfo2', Object.fromEntries(names.map((name) => [name, 'size_t']))), []);

async function look(): Promise<Insides> {
  const asked = [...workers].map((worker) =>
    Promise.race([
      worker.getHeapStatistics().catch(() => undefined),
      new Promise<undefined>((resolve) => setTimeout(resolve, ANSWER_MS)),
    ]),
  );
  const answers = await Promise.all(asked);
  const heaps = [getHeapStatistics(), ...answers.filter((answer) => answer !== undefined)].map(heap);
  const { uordblks, fordblks, hblkhd } = mallinfo();
  const silent = answers.filter((answer) => answer === undefined).length;
  const { arrayBuffers } = process.memoryUsage();
  return { heaps, silent, arrayBuffers, allocated: uordblks + hblkhd, free: fordblks };
}

function heap({ used_heap_size: used, total_physical_size: resident }: HeapInfo): Insides['heaps'][number] {
  return { used, resident };
}

process.on('message', () => {
  void look().then((insides) => process.send?.(insides));
});
