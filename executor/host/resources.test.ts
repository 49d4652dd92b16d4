import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { findMount, openCgroups, parseCpuMax, parseMemoryMax, parseUsedMemory, pathIn } from './cgroup.ts';
import { countCores, limited, parseLoad, parseMemory, readResources } from './resources.ts';

const INFINITE = Number.POSITIVE_INFINITY;

describe('the resources of a host', () => {
  it('of memory is in MB, whole ones', () => {
    const meminfo =
      'MemTotal:       24684084 kB\nMemFree:        23503172 kB\nMemAvailable:   23660756 kB\nBuffers: 1 kB\n';
    expect(parseMemory(meminfo)).toEqual({ memory: 24_105, freeMemory: 23_106 });
    expect(parseMemory('')).toEqual({ memory: 0, freeMemory: 0 });
  });

  it.each([
    ['0\n', 1],
    ['0-1\n', 2],
    ['0-3,8,10-11\n', 7],
    ['', 0],
  ])('of cores in %j is %i', (list, count) => {
    expect(countCores(list)).toBe(count);
  });

  it('of load is that of the last minute', () => {
    expect(parseLoad('1.30 0.72 0.90 1/166 30663\n')).toBe(1.3);
    expect(parseLoad('')).toBe(0);
  });

  it('is read from this one, also if the state directory does not exist yet', async () => {
    const here = await readResources(tmpdir(), openCgroups());
    const later = await readResources(`${tmpdir()}/not/there/yet`, openCgroups());
    expect(here).toEqual({
      memory: expect.any(Number),
      disk: later.disk,
      cpu: expect.any(Number),
      freeMemory: expect.any(Number),
      load: expect.any(Number),
    });
    if (!existsSync('/proc/meminfo')) return;
    for (const amount of [here.memory, here.disk, here.cpu, here.freeMemory]) expect(amount).toBeGreaterThan(0);
    expect(here.freeMemory).toBeLessThanOrEqual(here.memory);
  });
});

describe('limits of a control group', () => {
  it.each([
    ['max\n', INFINITE],
    ['', INFINITE],
    ['536870912\n', 536_870_912],
  ])('memory.max %j', (text, limit) => {
    expect(parseMemoryMax(text)).toBe(limit);
  });

  it.each([
    ['max 100000\n', INFINITE],
    ['', INFINITE],
    ['250000 100000\n', 2.5],
  ])('cpu.max %j', (text, limit) => {
    expect(parseCpuMax(text)).toBe(limit);
  });

  it('memory.current without what the kernel can reclaim', () => {
    expect(parseUsedMemory('1000\n', 'anon 5\ninactive_file 300\nactive_file 9\n')).toBe(700);
    expect(parseUsedMemory('', '')).toBe(0);
  });

  const whole = '24 23 0:20 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n';
  const part = '24 23 0:20 /docker/abc /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n';
  const old = '24 23 0:20 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n';
  it.each([
    ['0::/a/b\n', whole, { mount: '/sys/fs/cgroup', path: '/a/b' }],
    ['9:name=systemd:/\n0::/\n', whole, { mount: '/sys/fs/cgroup', path: '/' }],
    ['0::/docker/abc/x\n', part, { mount: '/sys/fs/cgroup', path: '/x' }],
    ['0::/docker/abc\n', part, { mount: '/sys/fs/cgroup', path: '/' }],
    ['0::/\n', part, { mount: '/sys/fs/cgroup', path: '/' }],
    ['4:memory:/a\n', old, null],
    ['', '', null],
  ])('are those of the group %j', (cgroup, mountinfo, place) => {
    const mount = findMount(mountinfo);
    const path = mount && pathIn(mount, cgroup);
    expect(mount && path ? { mount: mount.directory, path } : null).toEqual(place);
  });

  it('apply to nested groups', () => {
    const files: Record<string, string> = {
      '/proc/self/cgroup': '0::/outer/inner\n',
      '/proc/self/mountinfo': whole,
      '/sys/fs/cgroup/outer/inner/memory.max': 'max\n',
      '/sys/fs/cgroup/outer/inner/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/outer/memory.max': `${512 * 2 ** 20}\n`,
      '/sys/fs/cgroup/outer/memory.current': `${500 * 2 ** 20}\n`,
      '/sys/fs/cgroup/outer/memory.stat': `inactive_file ${100 * 2 ** 20}\n`,
    };
    const read = vi.fn((path: string) => files[path] ?? '');
    const cgroupLimits = openCgroups(read);
    const limits = cgroupLimits();
    const host = { memory: 24_000, freeMemory: 20_000, cpu: 8 };
    expect(limited(host, limits)).toEqual({ memory: 512, freeMemory: 112, cpu: 1 });
    expect(limited({ ...host, freeMemory: 50 }, limits).freeMemory).toBe(50);
    expect(limited(host, { ...limits, cpu: 0.5 }).cpu).toBe(1);
    expect(limited(host, openCgroups(() => '')())).toEqual(host);
    cgroupLimits();
    expect(read.mock.calls.filter(([path]) => path === '/proc/self/mountinfo')).toHaveLength(1);
  });
});
