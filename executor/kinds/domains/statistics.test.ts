import { expect, it } from 'vitest';
import type { DomainStatistics } from '../../drivers/libvirt/driver.ts';
import { DomainStatisticsReader } from './statistics.ts';

const nothing = { readRequests: null, readBytes: null, writeRequests: null, writeBytes: null, flushRequests: null };

const answering: DomainStatistics = {
  ...{
    uuid: 'u',
    name: 'web',
    id: 1,
    state: 'running',
    reason: 'booted',
    incomplete: false,
    cpuTimeNs: 5_400,
    vcpus: 2,
  },
  memory: { currentKib: 1, maximumKib: 2, rssKib: 3, availableKib: null, unusedKib: 4, usableKib: 5 },
  disks: [
    {
      ...{ name: 'sda', path: '/a', readRequests: 1, readBytes: 2, writeRequests: 3, writeBytes: 4, flushRequests: 5 },
      ...{ capacityBytes: 6, allocationBytes: 7, physicalBytes: 8 },
    },
  ],
  nics: [
    {
      ...{ name: 'vnet0', rxBytes: 1, rxPackets: 2, rxErrors: 3, rxDrops: 4 },
      ...{ txBytes: 5, txPackets: 6, txErrors: 7, txDrops: 8 },
    },
  ],
};

/** What libvirt tells of it while its process hangs. */
const hanging: DomainStatistics = {
  ...{ ...answering, incomplete: true, cpuTimeNs: 9_000 },
  memory: { ...answering.memory, rssKib: null },
  disks: answering.disks.map((disk) => ({ ...disk, ...nothing })),
};

/** Readings one after the other, 10 s apart; null: libvirt is away. */
async function readings(...told: readonly (readonly DomainStatistics[] | null)[]) {
  let [now, next] = [0, 0];
  const reader = new DomainStatisticsReader(
    {
      read: async () => [...(told[next] ?? [])],
      health: () => (told[next] === null ? { available: false, reason: 'away' } : { available: true }),
    },
    () => now,
  );
  const read = [];
  for (; next < told.length; next += 1, now += 10_000) read.push(await reader.read());
  return read;
}

const reading = {
  ...{ domain: 'u', run: 1, state: 'running', cpu_us: 5, vcpus: 2, answered_ago_ms: 0 },
  memory: [1024, 2048, 3072, null, 4096, 5120],
  disks: [['sda', 1, 2, 3, 4, 5, 6, 8]],
  nics: [['vnet0', 1, 2, 3, 4, 5, 6, 7, 8]],
};

it('a reading has what a guest uses, in bytes and microseconds', async () => {
  expect(await readings([answering])).toEqual([[reading]]);
});

it('of one that hangs the figures of memory and disks stand, and the others do not', async () => {
  const told = [[answering], [hanging], [hanging], [{ ...answering, cpuTimeNs: 10_000 }]];
  expect(await readings(...told)).toEqual([
    [reading],
    [{ ...reading, cpu_us: 9, answered_ago_ms: 10_000 }],
    [{ ...reading, cpu_us: 9, answered_ago_ms: 20_000 }],
    [{ ...reading, cpu_us: 10 }],
  ]);
});

it('one that has not answered yet has none, also if the one that it was before its start had', async () => {
  const unanswered = { ...reading, cpu_us: 9, answered_ago_ms: null, memory: null, disks: [] };
  const told = [[hanging], [answering], [{ ...hanging, id: 2 }], [], [hanging]];
  expect(await readings(...told)).toEqual([[unanswered], [reading], [{ ...unanswered, run: 2 }], [], [unanswered]]);
});

it('while libvirt is away there is no reading', async () => {
  expect(await readings([answering], null, [hanging])).toEqual([
    [reading],
    null,
    [{ ...reading, cpu_us: 9, answered_ago_ms: 20_000 }],
  ]);
});
