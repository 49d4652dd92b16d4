import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { groupOf, hierarchiesOf } from '../../executor/drivers/oci/stats/groups.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

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

/** The directory of the control group that counts the processes of this one and its like. */
function pidsGroup(pid: number): string {
  const found = groupOf(
    hierarchiesOf(readFileSync('/proc/self/mountinfo', 'utf8')),
    readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
    'pids',
  );
  if (found === null) throw new Error('the host counts no processes');
  return found.directory;
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
  const { exit_code, finished, reason } = await stage().untilState('greedy', 'exited', 20_000);
  expect([exit_code, finished, reason]).toEqual([137, expect.any(String), 'it used more memory than its limit']);
  await stage().remove('greedy');
});

it('a program that starts itself without end takes no more process ids than the limit, which a change of memory keeps', async () => {
  const counted = (name: string) => `cat /sys/fs/cgroup/${name} /sys/fs/cgroup/pids/${name} 2> /dev/null || true`;
  await stage().put('usual', {});
  expect(await stage().inside('usual', counted('pids.max'))).toBe('2048');
  await stage().must('PATCH', '/hypervisors/host1/config', { pids_limit: '20' });
  const forks = 'while :; do /bin/busybox sleep 600 & done';
  await stage().put('forking', { command: ['/bin/busybox', 'sh', '-c', `(${forks}) 2> /dev/null; sleep 600`] });
  const group = pidsGroup(await stage().pid('forking'));
  await until('it is refused one', () => /^max [1-9]/.test(readFileSync(join(group, 'pids.events'), 'utf8')), 10_000);
  expect(Number(readFileSync(join(group, 'pids.current'), 'utf8'))).toBeLessThanOrEqual(20);
  await stage().put('forking', { memory: 256 });
  expect(readFileSync(join(group, 'pids.max'), 'utf8').trim()).toBe('20');
  await stage().remove('forking');
  expect(existsSync(group)).toBe(false);
  await stage().must('PATCH', '/hypervisors/host1/config', { pids_limit: '0' });
  await stage().act('usual', 'restart', { timeout: 0 });
  expect(await stage().inside('usual', counted('pids.max'))).toBe('max');
  await stage().must('PATCH', '/hypervisors/host1/config', { pids_limit: '' });
  await stage().remove('usual');
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
