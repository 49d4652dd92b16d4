import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeStage, OWNER, SLEEP, viewOf } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';

const MEBIBYTE = 1024 * 1024;
const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
const read = (...names: string[]) => readFileSync(join('/sys/fs/cgroup', ...names), 'utf8').trim();

/** Limits of the control group as the kernel has them: bytes without and with swap, and processors. */
function limitsOfGroup() {
  if (isUnified) {
    const [quota = '', period] = read(OWNER, 'cpu.max').split(' ');
    const memory = read(OWNER, 'memory.max');
    const all = memory === 'max' ? null : Number(memory) + Number(read(OWNER, 'memory.swap.max'));
    return { memory: numberOf(memory), swap: all, cpus: quota === 'max' ? null : Number(quota) / Number(period) };
  }
  const quota = Number(read('cpu', OWNER, 'cpu.cfs_quota_us'));
  return {
    memory: numberOf(read('memory', OWNER, 'memory.limit_in_bytes')),
    swap: numberOf(read('memory', OWNER, 'memory.memsw.limit_in_bytes')),
    cpus: quota < 0 ? null : quota / Number(read('cpu', OWNER, 'cpu.cfs_period_us')),
  };
}

function numberOf(text: string): number | null {
  return text === 'max' || Number(text) > 2 ** 60 ? null : Number(text);
}

test('limits are lowered, raised and lifted while the process runs, and recorded', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(SLEEP));
  const { pid } = (await viewOf(runtime)) ?? {};
  const all = [
    { memory: 64 * MEBIBYTE, cpus: 0.5 },
    { memory: 16 * MEBIBYTE, cpus: 0.25 },
    { memory: 128 * MEBIBYTE, cpus: 2 },
    { memory: null, cpus: 1 },
    { memory: 32 * MEBIBYTE, cpus: null },
    { memory: null, cpus: null },
  ];
  for (const limits of all) {
    await runtime.limit({ owner: OWNER, limits });
    expect(limitsOfGroup()).toEqual({ ...limits, swap: limits.memory });
    expect(await viewOf(runtime)).toMatchObject({ phase: 'running', pid, limits });
  }
});

test.skipIf(isUnified)('a limit of memory below what is in use is refused, and changes nothing', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(SLEEP));
  const before = [await viewOf(runtime), limitsOfGroup()];
  const limit = runtime.limit({ owner: OWNER, limits: { memory: 4096, cpus: 1 } });
  await expect(limit).rejects.toMatchObject({ code: 'refused', detail: expect.stringContaining('memory limit') });
  expect([await viewOf(runtime), limitsOfGroup()]).toEqual(before);
});

test('the limits of a process that has ended are recorded, and of one that never was are ignored', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  const limits = { memory: 64 * MEBIBYTE, cpus: 1 };
  await runtime.limit({ owner: OWNER, limits });
  expect(await viewOf(runtime)).toBeUndefined();
  await runtime.start(stage.request(['/bin/busybox', 'true']));
  await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
  await runtime.limit({ owner: OWNER, limits });
  expect(await viewOf(runtime)).toMatchObject({ phase: 'exited', limits });
});
