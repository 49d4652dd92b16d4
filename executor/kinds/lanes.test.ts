import { expect, test } from 'vitest';
import { inLanes } from './lanes.ts';

const ITEMS = Array.from({ length: 20 }, (_, index) => index);

test('all items are worked on, in their order and never more at a time than are allowed', async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await inLanes(ITEMS, 4, async (item) => {
    begun.push(item);
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  });
  expect([begun, most]).toEqual([ITEMS, 4]);
});

test('after a failure no item is begun, and it is thrown when those that were begun have ended', async () => {
  const begun: number[] = [];
  let ended = 0;
  const all = inLanes(ITEMS, 3, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('the second');
    await new Promise(setImmediate);
    ended += 1;
  });
  await expect(all).rejects.toThrow('the second');
  expect([begun, ended]).toEqual([[0, 1, 2], 2]);
});
