import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chooseCgroups, resourcesOf } from './cgroups.ts';

const MEMORY = '33 32 0:29 / /sys/fs/cgroup/memory rw,nosuid shared:16 - cgroup cgroup rw,memory';
const CPU = '34 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:17 - cgroup cgroup rw,cpu,cpuacct';
const SYSTEMD = '35 32 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd';
const UNIFIED = '36 32 0:32 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw,nsdelegate';

describe('cgroups of a host', () => {
  test.each([
    ['v1', [MEMORY, CPU, SYSTEMD]],
    ['hybrid', [MEMORY, CPU, UNIFIED]],
    ['v2', [UNIFIED, SYSTEMD]],
  ])('%s is told from its mounts', (layout, lines) => {
    expect(chooseCgroups(lines.join('\n'), ['memory', 'cpu'])).toBe(layout);
  });

  test('a host of the tests is what its files show', () => {
    const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const isMixed = existsSync('/sys/fs/cgroup/unified/cgroup.controllers');
    const layout = isUnified ? 'v2' : isMixed ? 'hybrid' : 'v1';
    expect(chooseCgroups(readFileSync('/proc/self/mountinfo', 'utf8'), ['memory', 'cpu'])).toBe(layout);
  });

  test('a controller that is not mounted is named', () => {
    expect(() => chooseCgroups(MEMORY, ['memory', 'cpu'])).toThrow('no cgroup hierarchy is mounted for cpu');
  });

  test('limits are bytes without swap, and microseconds in each tenth of a second', () => {
    const resources = resourcesOf({ memory: 1024, cpus: 1.5 });
    expect(resources.memory).toEqual({ limit: 1024, swap: 1024 });
    expect(resources.cpu).toEqual({ quota: 150_000, period: 100_000 });
    expect(Object.keys(resourcesOf({ memory: null, cpus: null }))).toEqual(['devices']);
  });
});
