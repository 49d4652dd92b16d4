import { expect, test } from 'vitest';
import { isActive, lifecycleWords, reasonWord, stateWord } from './words.ts';

/* Numbers of <libvirt/libvirt-domain.h>. */

test.for([
  [0, 0, 'no state', 'unknown', false],
  [1, 1, 'running', 'booted', true],
  [1, 5, 'running', 'unpaused', true],
  [1, 9, 'running', 'crashed', true],
  [1, 11, 'running', 'post-copy failed', true],
  [2, 0, 'idle', 'unknown', true],
  [3, 1, 'paused', 'user', true],
  [3, 5, 'paused', 'I/O error', true],
  [3, 9, 'paused', 'creating snapshot', true],
  [3, 13, 'paused', 'post-copy failed', true],
  [4, 1, 'in shutdown', 'user', true],
  [5, 1, 'shut off', 'shutdown', false],
  [5, 3, 'shut off', 'crashed', false],
  [5, 8, 'shut off', 'daemon', false],
  [6, 1, 'crashed', 'panicked', false],
  [7, 0, 'pmsuspended', 'unknown', true],
] as const)('state %i for reason %i is "%s (%s)"', ([state, reason, word, because, active]) => {
  expect(stateWord(state)).toBe(word);
  expect(reasonWord(stateWord(state), reason)).toBe(because);
  expect(isActive(stateWord(state))).toBe(active);
});

test('numbers of a later libvirt', () => {
  expect(stateWord(8)).toBe('no state');
  expect(reasonWord('running', 12)).toBe('unknown');
  expect(lifecycleWords(9, 0)).toBeNull();
  expect(lifecycleWords(5, 99)).toEqual({ event: 'stopped', detail: 'unknown' });
});

test.for([
  [0, 1, 'defined', 'updated'],
  [1, 0, 'undefined', 'removed'],
  [2, 0, 'started', 'booted'],
  [3, 2, 'suspended', 'I/O error'],
  [4, 0, 'resumed', 'unpaused'],
  [5, 5, 'stopped', 'failed'],
  [6, 1, 'shutdown', 'finished after guest request'],
  [7, 1, 'pmsuspended', 'disk'],
  [8, 0, 'crashed', 'panicked'],
] as const)('event %i with detail %i is "%s %s"', ([event, detail, word, how]) => {
  expect(lifecycleWords(event, detail)).toEqual({ event: word, detail: how });
});
