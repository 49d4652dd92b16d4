import { describe, expect, test } from 'vitest';
import { groupOf, hierarchiesOf } from './groups.ts';

const MEMORY = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory';
const CPU = '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:17 - cgroup cgroup rw,cpu,cpuacct';
const SYSTEMD = '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd';
const UNIFIED = '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw';
const ALONE = '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate';
const OTHER = '23 1 8:1 / / rw - ext4 /dev/sda1 rw';

describe('the control group of a process', () => {
  test.each([
    ['version 1', [OTHER, MEMORY, CPU, SYSTEMD], '9:name=systemd:/s\n4:memory:/c1\n1:cpu,cpuacct:/c2\n'],
    ['both', [MEMORY, CPU, SYSTEMD, UNIFIED], '4:memory:/c1\n1:cpu,cpuacct:/c2\n0::/u\n'],
  ])('is found on a host with version 1 (%s)', (_name, mounts, memberships) => {
    const hierarchies = hierarchiesOf(mounts.join('\n'));
    expect(groupOf(hierarchies, memberships, 'memory')).toEqual({ version: 1, directory: '/sys/fs/cgroup/memory/c1' });
    const directory = '/sys/fs/cgroup/cpu,cpuacct/c2';
    expect(groupOf(hierarchies, memberships, 'cpuacct')).toEqual({ version: 1, directory });
  });

  test('is one for all controllers on a host with version 2', () => {
    const hierarchies = hierarchiesOf([OTHER, ALONE].join('\n'));
    for (const controller of ['memory', 'cpuacct', 'pids']) {
      expect(groupOf(hierarchies, '0::/a/c1\n', controller)).toEqual({ version: 2, directory: '/sys/fs/cgroup/a/c1' });
    }
  });

  test('is of version 2 where only that has the controller', () => {
    const hierarchies = hierarchiesOf([CPU, UNIFIED].join('\n'));
    const found = groupOf(hierarchies, '1:cpu,cpuacct:/c2\n0::/c1\n', 'memory');
    expect(found).toEqual({ version: 2, directory: '/sys/fs/cgroup/unified/c1' });
  });

  test('is below the group that is mounted, and its name may contain a colon', () => {
    const hierarchies = hierarchiesOf(MEMORY.replace(' / ', ' /outer '));
    const found = groupOf(hierarchies, '4:memory:/outer/a:b\n', 'memory');
    expect(found?.directory).toBe('/sys/fs/cgroup/memory/a:b');
  });

  test('is null where nothing is mounted, or the process is in none', () => {
    expect(groupOf([], '4:memory:/c1\n', 'memory')).toBeNull();
    expect(groupOf(hierarchiesOf(MEMORY), '', 'memory')).toBeNull();
  });
});
