import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { CrowdOptions, CrowdReport } from './crowd-thread.ts';
import { serve } from './serve.ts';

const MONITORS = 500;
/** Promised of nearly all requests to the API meanwhile, in milliseconds. */
const PROMISED_MS = 50;

it('500 monitors are told of 200 containers that come up one after another: nothing lost, nothing twice', async () => {
  const { stage } = await serve();
  const rows = await stage.cin();
  await rows.add(['earlier'], { tag: 'earlier' });
  const names = Array.from({ length: 200 }, (_, index) => `pool-${index}`);
  const crowd = startThread('crowd-thread.ts', {
    ...{ url: stage.url, cin: rows.cin, tag: 'pool', monitors: MONITORS, containers: names.length },
  } satisfies CrowdOptions);
  expect(await reportOf(crowd)).toEqual({ kind: 'started' });
  const done = reportOf(crowd);
  const asking = startThread('asking-thread.ts', `${stage.url}/operations?limit=1`);
  await once(asking, 'message');
  for (const name of names) await rows.add([name], { tag: 'pool' });
  const report = await done;
  const durations = once(asking, 'message');
  asking.postMessage('stop');
  if (report.kind !== 'done') throw new Error('the monitors are not done');
  expect(report.known).toHaveLength(MONITORS);
  for (const known of report.known) expect(known).toEqual(names);
  // The slowest ones, and a third of that time, say more about the machine that the tests share.
  expect(median((await durations)[0])).toBeLessThan(3 * PROMISED_MS);
});

function startThread(file: string, workerData: unknown): Worker {
  const thread = new Worker(new URL(file, import.meta.url), { workerData });
  onTestFinished(async () => {
    await thread.terminate();
  });
  return thread;
}

async function reportOf(thread: Worker): Promise<CrowdReport> {
  const [report] = await once(thread, 'message');
  return report;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.POSITIVE_INFINITY;
}
