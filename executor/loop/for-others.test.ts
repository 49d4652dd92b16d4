import { expect, it } from 'vitest';
import { waitForOthers } from './for-others.ts';

/** The actions of three tasks in order, and the turns of the event loop (`-`) between them. */
async function orderOf(workMs: number): Promise<string> {
  const order: string[] = [];
  const loop = setInterval(() => order.push('-'), 0);
  const work = async (name: string) => {
    await waitForOthers();
    order.push(name);
    const until = performance.now() + workMs;
    while (performance.now() < until);
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  clearInterval(loop);
  return order.join('');
}

it('yields the event loop after each task that holds it for long', async () => {
  expect(await orderOf(12)).toMatch(/^-*a-+b-+c$/);
});

it('runs short tasks in one turn', async () => {
  expect(await orderOf(0)).toMatch(/^-*abc$/);
});
