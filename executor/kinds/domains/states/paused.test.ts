import { expect, test } from 'vitest';
import { afterPause, type DiskError } from './paused.ts';

const full: DiskError = { disk: '0', path: '/disks/a-0.qcow2', reason: 'enospc' };
const broken: DiskError = { disk: '1', path: null, reason: 'eio' };

function afterError(...diskErrors: readonly DiskError[]) {
  return afterPause({ reason: 'I/O error', diskErrors, isWanted: false });
}

test('the host’s disk is full: the error says which disk and ENOSPC, and the guest goes on by itself', () => {
  expect(afterError(full)).toEqual({
    error: 'disk 0 (/disks/a-0.qcow2): ENOSPC, no space left on the host; it is resumed once there is',
    isResumed: 'once there is space',
  });
});

test('found afterwards, in the words of virDomainGetDiskErrors, and for several disks', () => {
  const { error, isResumed } = afterError({ ...full, reason: 'no space' }, { ...full, disk: '2', path: null });
  expect([error?.startsWith('disk 0 (/disks/a-0.qcow2), disk 2: ENOSPC'), isResumed]).toEqual([
    true,
    'once there is space',
  ]);
});

test.each([
  [[broken], 'disk 1: eio'],
  [[full, broken], 'disk 1: eio'],
  [[{ ...broken, reason: '' }], 'disk 1: I/O error'],
  [[], 'a disk: I/O error'],
])('another error of a disk needs a person: %o', (diskErrors, error) => {
  expect(afterError(...diskErrors)).toEqual({ error, isResumed: 'never' });
});

test.each([
  ['user', false],
  ['user', true],
  ['I/O error', true],
])('what somebody suspended stays so (%s, by weft: %s), also with a full disk', (reason, isWanted) => {
  expect(afterPause({ reason, isWanted, diskErrors: [full] })).toEqual({ error: null, isResumed: 'never' });
});

test.each([
  ['saving', null],
  ['starting up', null],
  ['watchdog', 'paused by libvirt: watchdog'],
  ['crashed', 'paused by libvirt: crashed'],
  ['unknown', 'paused by libvirt: unknown'],
])('%s: %s', (reason, error) => {
  expect(afterPause({ reason, isWanted: false, diskErrors: [] })).toEqual({ error, isResumed: 'never' });
});
