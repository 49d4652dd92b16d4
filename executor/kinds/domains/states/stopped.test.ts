import { describe, expect, test } from 'vitest';
import { afterStop, type Stop } from './stopped.ts';

const stop: Stop = {
  reason: 'unknown',
  requestedBy: null,
  isHostGoingDown: false,
  hasHostBooted: false,
  autostart: true,
  onCrash: 'restart',
};

describe("after a gap libvirt's reason decides", () => {
  test.each([
    ['shutdown', 'guest', 'shut off'],
    ['destroyed', 'person', 'shut off'],
    ['saved', 'person', 'shut off'],
    ['migrated', 'person', 'shut off'],
    ['from snapshot', 'person', 'shut off'],
    ['crashed', 'fault', 'running'],
    ['failed', 'fault', 'running'],
    ['daemon', 'fault', 'running'],
    ['unknown', 'unknown', 'running'],
    ['a word of a later libvirt', 'unknown', 'running'],
  ])('%s: by %s, %s', (reason, by, wanted) => {
    expect(afterStop({ ...stop, reason })).toEqual({
      by,
      wanted,
      isStarted: wanted === 'running',
      text: expect.stringMatching(/\w/),
    });
  });

  test('autostart concerns the boot of the host only', () => {
    expect(afterStop({ ...stop, autostart: false, reason: 'crashed' }).isStarted).toBe(true);
  });
});

test.each([
  ['crashed', 'shut off'],
  ['failed', 'shut off'],
  ['unknown', 'running'],
])('on_crash "leave": %s is %s', (reason, wanted) => {
  expect(afterStop({ ...stop, onCrash: 'leave', reason })).toMatchObject({ wanted, isStarted: wanted === 'running' });
});

describe('QEMU that ends at a signal has the reason of a guest that powers off', () => {
  test('and is a fault, which the event tells', () => {
    const signalled = afterStop({ ...stop, reason: 'shutdown', requestedBy: 'host' });
    expect(signalled).toEqual({
      wanted: 'running',
      isStarted: true,
      by: 'fault',
      text: 'its QEMU was ended by a signal',
    });
    expect(afterStop({ ...stop, reason: 'shutdown', requestedBy: 'guest' })).toMatchObject({ wanted: 'shut off' });
  });

  test('but not of another reason', () => {
    expect(afterStop({ ...stop, reason: 'destroyed', requestedBy: 'host' })).toMatchObject({ by: 'person' });
  });
});

describe('with the host', () => {
  test.each(['shutdown', 'destroyed', 'crashed', 'unknown'])('%s while it goes down is nobody’s wish', (reason) => {
    expect(afterStop({ ...stop, reason, isHostGoingDown: true })).toMatchObject({
      wanted: 'running',
      isStarted: false,
      by: 'host',
    });
  });

  test.each(['saved', 'unknown', 'shutdown'])('%s before it was booted: what ran is started', (reason) => {
    expect(afterStop({ ...stop, reason, hasHostBooted: true })).toMatchObject({
      wanted: 'running',
      isStarted: true,
      by: 'host',
    });
  });

  test('unless autostart is false', () => {
    expect(afterStop({ ...stop, hasHostBooted: true, autostart: false })).toMatchObject({
      wanted: 'shut off',
      isStarted: false,
      text: 'the host was booted, and autostart is false',
    });
  });
});
