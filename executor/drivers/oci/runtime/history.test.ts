import { expect, test } from 'vitest';
import { failuresUntil, historyAfter } from './history.ts';

const before = (seconds: number, failures: number) => ({
  ...{ number: 3, restarts: 5, failures, startedMs: 1_000_000 },
  exit: { code: 1, finishedMs: 1_000_000 + seconds * 1000, reason: null },
});

test.each([
  ['a first start has no history', null, { restarts: 0, failures: 0 }],
  ['a short run is one more failure', before(9.999, 2), { restarts: 6, failures: 3 }],
  ['a run of ten seconds ends the row of failures', before(10, 2), { restarts: 6, failures: 0 }],
  [
    'one that was stopped, and goes on, was not restarted',
    { ...before(1, 2), stopped: true },
    { restarts: 5, failures: 2 },
  ],
  ['one that runs has not failed', { ...before(1, 2), exit: null }, { restarts: 6, failures: 0 }],
])('%s', (_name, last, expected) => {
  expect(historyAfter(last, 3)).toEqual(expected);
});

test('another number begins from zero', () => {
  expect(historyAfter(before(1, 2), 4)).toEqual({ restarts: 0, failures: 0 });
});

test('the failures in a row are those before, and the run that has ended if it was short', () => {
  expect(failuresUntil(before(9.999, 2))).toBe(3);
  expect(failuresUntil(before(10, 2))).toBe(0);
  expect(failuresUntil({ ...before(1, 2), exit: null })).toBe(2);
});
