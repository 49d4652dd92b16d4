import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { makeStage, OWNER, SLEEP, viewOf } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';
import { startTime } from './processes.ts';
import { usedRoots, viewProcesses } from './view.ts';

test('a process is shown with its image and limits, to another thread, too', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  const limits = { memory: 64 * 1024 * 1024, cpus: 0.5 };
  await runtime.start({ ...stage.request(SLEEP), limits });
  const view = await viewOf(runtime);
  expect(view).toMatchObject({ lower: stage.lower, limits, failures: 0, detached: false });
  const module = JSON.stringify(join(import.meta.dirname, 'view.ts'));
  const script = `const { workerData, parentPort } = require('node:worker_threads');
    import(${module}).then(({ viewProcesses }) => parentPort.postMessage(viewProcesses(workerData, 'all')));`;
  const worker = new Worker(script, { eval: true, workerData: stage.runDirectory });
  const seen = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  expect(seen).toEqual(new Map([[OWNER, view]]));
});

test('a process whose namespace was replaced is detached, and is started anew with the same number', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(SLEEP));
  const old = (await viewOf(runtime))?.pid ?? 0;
  execFileSync('ip', ['netns', 'delete', OWNER]);
  expect(await viewOf(runtime)).toMatchObject({ phase: 'running', detached: true });
  execFileSync('ip', ['netns', 'add', OWNER]);
  expect(await viewOf(runtime)).toMatchObject({ phase: 'running', detached: true });
  await runtime.start(stage.request(SLEEP));
  expect(startTime(old)).toBe(null);
  expect(await viewOf(runtime)).toMatchObject({ phase: 'running', detached: false, restarts: 1, failures: 0 });
});

test('a process with another digest is started anew with the same number', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(SLEEP));
  const old = (await viewOf(runtime))?.pid ?? 0;
  await runtime.start({ ...stage.request(SLEEP), digest: 'other' });
  expect(startTime(old)).toBe(null);
  expect(await viewOf(runtime)).toMatchObject({ phase: 'running', digest: 'other' });
});

test('short runs in a row are counted', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  for (const failures of [0, 1, 2]) {
    await runtime.start(stage.request(['/bin/busybox', 'false']));
    await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
    expect(await viewOf(runtime)).toMatchObject({ failures, restarts: failures, exit: { code: 1 } });
  }
});

test('a process is not shown while it is started, and its image is in use', async () => {
  const stage = makeStage();
  const seen: unknown[] = [];
  const runtime = await stage.open({
    at: () => seen.push([viewProcesses(stage.runDirectory, 'all').size, ...usedRoots(stage)]),
  });
  await runtime.start(stage.request(SLEEP));
  expect(seen).toEqual(Array.from({ length: 6 }, () => [0, stage.lower]));
});

test('an image stays in use after a restart of the host, until the container is removed', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(['/bin/busybox', 'true']));
  await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
  const afterReboot = { directory: stage.directory, runDirectory: join(stage.base, 'none') };
  expect(usedRoots(afterReboot)).toEqual(new Set([stage.lower]));
  await runtime.remove({ owner: OWNER });
  expect(usedRoots(afterReboot)).toEqual(new Set());
});

test('what starts nothing makes no directories', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  expect([await runtime.view('all'), usedRoots(stage)]).toEqual([new Map(), new Set()]);
  await runtime.stop({ owner: OWNER, signal: 'TERM', graceMs: 0 });
  await runtime.keep({ owner: OWNER, number: 2 });
  await runtime.remove({ owner: OWNER });
  expect([existsSync(stage.runDirectory), existsSync(stage.directory)]).toEqual([false, false]);
});
