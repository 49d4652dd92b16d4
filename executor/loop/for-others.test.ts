import { expect, it } from 'vitest';
import { waitForOthers } from './for-others.ts';

/** What each of three does one after another, and the turns of the event loop (`-`) between. */
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

it('gives others a turn of the event loop after each that holds it for long', async () => {
  expect(await orderOf(12)).toMatch(/^-*a-+b-+c$/);
});

it('keeps those together that are done at once', async () => {
  expect(await orderOf(0)).toMatch(/^-*abc$/);
});
