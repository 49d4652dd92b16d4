import { expect, test } from 'vitest';
import type { DomainStatsRecord, TypedParam } from '../protocol/remote.ts';
import { decodeStatistics } from './decode.ts';

const UUID = '6c1f6f0a-9d0e-4f5b-8f5e-3f2b7f0c9a11';

function paramOf(field: string, value: number | bigint | string): TypedParam {
  if (typeof value === 'string') return { field, value: { kind: 7, value } };
  return { field, value: typeof value === 'bigint' ? { kind: 4, value } : { kind: 2, value } };
}

function recordOf(fields: Readonly<Record<string, number | bigint | string>>): DomainStatsRecord {
  const params = Object.entries(fields).map(([field, value]) => paramOf(field, value));
  return { dom: { uuid: UUID, name: 'one', id: 3 }, params };
}

const WITHOUT_MONITOR = {
  ...{ 'state.state': 3, 'state.reason': 5, 'cpu.time': 10_000_000_000n, 'vcpu.current': 2 },
  ...{ 'balloon.current': 16_384n, 'balloon.maximum': 32_768n },
  ...{ 'net.count': 2, 'net.1.name': 'vnet7', 'net.1.rx.bytes': 1n, 'net.1.rx.pkts': 2n, 'net.1.rx.errs': 3n },
  ...{ 'net.1.rx.drop': 4n, 'net.1.tx.bytes': 5n, 'net.1.tx.pkts': 6n, 'net.1.tx.errs': 7n, 'net.1.tx.drop': 8n },
  ...{ 'block.count': 2, 'block.0.name': 'sda', 'block.0.path': '/a', 'block.1.name': 'sdb' },
};

const WITH_MONITOR = {
  ...WITHOUT_MONITOR,
  ...{ 'balloon.rss': 50_000n, 'balloon.available': 15_000n, 'balloon.unused': 9_000n, 'balloon.usable': 10_000n },
  ...{ 'block.0.rd.reqs': 1n, 'block.0.rd.bytes': 2n, 'block.0.wr.reqs': 3n, 'block.0.wr.bytes': 4n },
  ...{ 'block.0.fl.reqs': 5n, 'block.0.capacity': 6n, 'block.0.allocation': 7n, 'block.0.physical': 8n },
};

test('everything that libvirt tells', () => {
  const nothing = { readRequests: null, readBytes: null, writeRequests: null, writeBytes: null, flushRequests: null };
  expect(decodeStatistics(recordOf(WITH_MONITOR))).toEqual({
    ...{ uuid: UUID, name: 'one', state: 'paused', reason: 'I/O error', incomplete: false },
    ...{ cpuTimeNs: 10_000_000_000, vcpus: 2 },
    memory: {
      ...{ currentKib: 16_384, maximumKib: 32_768, rssKib: 50_000 },
      ...{ availableKib: 15_000, unusedKib: 9_000, usableKib: 10_000 },
    },
    disks: [
      {
        ...{ name: 'sda', path: '/a', readRequests: 1, readBytes: 2, writeRequests: 3, writeBytes: 4 },
        ...{ flushRequests: 5, capacityBytes: 6, allocationBytes: 7, physicalBytes: 8 },
      },
      // An empty drive.
      { ...nothing, name: 'sdb', path: null, capacityBytes: null, allocationBytes: null, physicalBytes: null },
    ],
    // The first has no interface on the host.
    nics: [
      {
        ...{ name: 'vnet7', rxBytes: 1, rxPackets: 2, rxErrors: 3, rxDrops: 4 },
        ...{ txBytes: 5, txPackets: 6, txErrors: 7, txDrops: 8 },
      },
    ],
  });
});

test('what is told without the process of the domain', () => {
  expect(decodeStatistics(recordOf(WITHOUT_MONITOR))).toMatchObject({
    ...{ incomplete: true, cpuTimeNs: 10_000_000_000 },
    memory: { currentKib: 16_384, rssKib: null },
    disks: [{ name: 'sda', readRequests: null }, { name: 'sdb' }],
  });
});

test.for(['cpu.time', 'balloon.rss', 'block.0.rd.reqs', 'net.1.rx.bytes'] as const)(
  'without %s it is incomplete',
  (field) => {
    const { [field]: _, ...rest } = WITH_MONITOR;
    expect(decodeStatistics(recordOf(rest))).toMatchObject({ incomplete: true });
  },
);

test('a domain without disks and interfaces', () => {
  const fields = { 'state.state': 1, 'state.reason': 1, 'cpu.time': 1n, 'balloon.rss': 1n, 'block.count': 0 };
  expect(decodeStatistics(recordOf(fields))).toMatchObject({
    ...{ state: 'running', reason: 'booted', incomplete: false, disks: [], nics: [], vcpus: null },
  });
});

test('one that has ended meanwhile is none', () => {
  expect(decodeStatistics(recordOf({ ...WITH_MONITOR, 'state.state': 5 }))).toBeNull();
});
