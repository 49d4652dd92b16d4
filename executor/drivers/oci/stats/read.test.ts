import { expect, test } from 'vitest';
import { readStats } from './read.ts';

const NET = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  cen1:1234567890123 7 1 2 0 0 0 0 42 3 4 5 0 0 0 0
`;
const INTERFACES = [
  { name: 'lo', received: { bytes: 0, packets: 0, errors: 0, dropped: 0 }, sent: expect.anything() },
  {
    name: 'cen1',
    received: { bytes: 1234567890123, packets: 7, errors: 1, dropped: 2 },
    sent: { bytes: 42, packets: 3, errors: 4, dropped: 5 },
  },
];

const VERSION_1 = {
  '/proc/self/mountinfo': ['memory', 'cpuacct', 'pids']
    .map((name) => `1 1 0:1 / /g/${name} rw - cgroup cgroup rw,${name}`)
    .join('\n'),
  '/proc/7/cgroup': '3:memory:/c1\n2:cpuacct:/c1\n1:pids:/c1\n0::/\n',
  '/proc/7/net/dev': NET,
  '/g/cpuacct/c1/cpuacct.usage': '3848506898095\n',
  '/g/memory/c1/memory.usage_in_bytes': '5000000\n',
  '/g/memory/c1/memory.limit_in_bytes': '9223372036854771712\n',
  '/g/memory/c1/memory.stat': 'inactive_file 1\ntotal_inactive_file 2000000\n',
  '/g/pids/c1/pids.current': '3\n',
};
const VERSION_2 = {
  '/proc/self/mountinfo': '1 1 0:1 / /g rw - cgroup2 cgroup2 rw',
  '/proc/7/cgroup': '0::/c1\n',
  '/proc/7/net/dev': NET,
  '/g/c1/cpu.stat': 'usage_usec 3848506898\nuser_usec 1\n',
  '/g/c1/memory.current': '5000000\n',
  '/g/c1/memory.max': 'max\n',
  '/g/c1/memory.stat': 'anon 1\ninactive_file 2000000\n',
  '/g/c1/pids.current': '3\n',
};

function read(given: Readonly<Record<string, string>>, pids: readonly (number | null)[] = [7]) {
  const files = new Map(Object.entries(given));
  const processes = pids.map((pid) => ({ owner: `c${pid}`, pid }));
  return readStats(processes, (path) => files.get(path) ?? null);
}

test.each([
  ['version 1', VERSION_1],
  ['version 2', VERSION_2],
])('what a process uses is read from control groups of %s', async (_name, files) => {
  expect((await read(files)).get('c7')).toEqual({
    cpuMicroseconds: 3848506898,
    memoryBytes: 3000000,
    memoryLimitBytes: null,
    processes: 3,
    interfaces: INTERFACES,
  });
});

test('a limit is told in bytes', async () => {
  const [first, second] = await Promise.all([
    read({ ...VERSION_1, '/g/memory/c1/memory.limit_in_bytes': '67108864\n' }),
    read({ ...VERSION_2, '/g/c1/memory.max': '67108864\n' }),
  ]);
  expect([first.get('c7')?.memoryLimitBytes, second.get('c7')?.memoryLimitBytes]).toEqual([67108864, 67108864]);
});

test('what the host does not count is null', async () => {
  const files = { '/proc/7/cgroup': '0::/c1\n', '/proc/7/net/dev': NET };
  const nothing = { cpuMicroseconds: null, memoryBytes: null, memoryLimitBytes: null, processes: null };
  expect((await read(files)).get('c7')).toEqual({ ...nothing, interfaces: INTERFACES });
});

test('processes that do not run, or have ended, are left out', async () => {
  expect([...(await read(VERSION_2, [null, 6, 7])).keys()]).toEqual(['c7']);
});
