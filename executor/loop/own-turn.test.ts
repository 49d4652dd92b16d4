import { expect, it } from 'vitest';
import { ownTurn } from './own-turn.ts';

it('gives each who asks a turn of the event loop without the others', async () => {
  const order: string[] = [];
  const loop = setInterval(() => order.push('-'), 0);
  const work = async (name: string) => {
    await ownTurn();
    order.push(name);
    const until = performance.now() + 5;
    while (performance.now() < until);
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  clearInterval(loop);
  expect(order.filter((each) => each !== '-')).toEqual(['a', 'b', 'c']);
  expect(order.join('')).toMatch(/a-+b-+c/);
});
