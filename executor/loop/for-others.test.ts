import { expect, it, vi } from 'vitest';
import { waitForOthers } from './for-others.ts';

/** What each of three does one after another, and the turns of the event loop (`-`) between; by a clock that only work advances. */
async function orderOf(workMs: number): Promise<string> {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  const order: string[] = [];
  const turn = () => {
    order.push('-');
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  const work = async (name: string) => {
    await waitForOthers();
    order.push(name);
    now += workMs;
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  clearImmediate(next);
  clock.mockRestore();
  return order.join('');
}

it('yields the event loop after each task that holds it for long', async () => {
  expect(await orderOf(12)).toMatch(/^-*a-+b-+c$/);
});

it('runs short tasks in one turn', async () => {
  expect(await orderOf(0)).toMatch(/^-*abc$/);
});
