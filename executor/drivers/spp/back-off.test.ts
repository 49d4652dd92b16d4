import { expect, test } from 'vitest';
import { BackOff } from './back-off.ts';

test('each refusal of one cause takes twice as long as the one before, up to the longest', () => {
  const backOff = new BackOff({ first: 1_000, longest: 5_000 });
  expect([1, 2, 3, 4, 5].map(() => backOff.next('id 1'))).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(backOff.next('id 2')).toBe(1_000);
  backOff.forget('id 1');
  expect(backOff.next('id 1')).toBe(1_000);
});

test('the number of remembered causes is limited', () => {
  const backOff = new BackOff({ first: 1_000, longest: 5_000 });
  backOff.next('the oldest');
  for (let index = 0; index < 2_000; index += 1) backOff.next(`stranger ${index}`);
  expect(backOff.next('the oldest')).toBe(1_000);
});
