import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ContainerStage } from '../support/containers/stage.ts';
import { shared } from '../support/shared.ts';

const stage = shared(() => ContainerStage.start());

/** More than the limit of one processor. */
const BUSY = ['sh', '-c', 'for each in 1 2 3; do while :; do :; done & done; wait'];
const GREEDY = ['sh', '-c', 'text=aaaaaaaaaaaaaaaa; while :; do text=$text$text; done'];
/** Of times in proc_pid_stat(5): sysconf(_SC_CLK_TCK) is 100 on all architectures that weft runs on. */
const TICK_MS = 10;
const MEASURED_MS = 2_000;
/** What the kernel gives beyond a limit, until the end of a period. */
const TOLERANCE = 1.2;

/** The time of processors that a process and its children have used, in milliseconds. */
function processorTime(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children.reduce((sum, child) => {
    const fields = readFileSync(`/proc/${child}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }, 0);
}

/** What the kernel allows, in processors. */
const quota = (name: string) =>
  stage().inside(name, 'cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2> /dev/null || true');

it('a process gets no more of the processors than its limit, which changes while it runs', async () => {
  await stage().put('busy', { command: BUSY, vcpus: 1 });
  const pid = await stage().pid('busy');
  const before = processorTime(pid);
  await pause(MEASURED_MS);
  const used = processorTime(pid) - before;
  expect(used).toBeGreaterThan(0);
  expect(used).toBeLessThan(MEASURED_MS * TOLERANCE);
  expect(await quota('busy')).toMatch(/^100000( 100000)?$/);
  await stage().put('busy', { command: BUSY, vcpus: 2 });
  expect(await stage().pid('busy')).toBe(pid);
  expect(await quota('busy')).toMatch(/^200000( 100000)?$/);
  await stage().remove('busy');
});

it('a process that takes more memory than its limit is killed', async () => {
  await stage().put('greedy', { command: GREEDY, memory: 32 });
  const { exit_code, finished } = await stage().untilState('greedy', 'exited', 20_000);
  expect([exit_code, finished]).toEqual([137, expect.any(String)]);
  await stage().remove('greedy');
});

it('a limit of memory that changes leaves the process running, and holds at its next start', async () => {
  const limitInside = () =>
    stage().inside(
      'small',
      'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null || true',
    );
  await stage().put('small', { memory: 64 });
  const pid = await stage().pid('small');
  expect(await limitInside()).toBe(String(64 * 2 ** 20));
  expect(await stage().put('small', { memory: 32 })).toMatchObject({ memory: 32 });
  expect(await stage().pid('small')).toBe(pid);
  expect(await limitInside()).toBe(String(32 * 2 ** 20));
  await stage().act('small', 'restart', { timeout: 0 });
  expect(await limitInside()).toBe(String(32 * 2 ** 20));
  await stage().remove('small');
});
