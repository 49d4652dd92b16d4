import { expect, it } from 'vitest';
import { Batcher } from './batcher.ts';

it('puts what comes during a run into the next one, and answers nothing from a run that began before', async () => {
  const runs: number[][] = [];
  let proceed: () => void = () => undefined;
  const first = Promise.withResolvers<void>();
  const gathering = new Batcher<number, number>(async (items) => {
    runs.push([...items]);
    if (runs.length === 1) {
      const gate = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      first.resolve();
      await gate;
    }
    return runs.length;
  });
  const answers = [gathering.call(1), gathering.call(2)];
  await first.promise;
  answers.push(gathering.call(3), gathering.call(4));
  proceed();
  expect(await Promise.all(answers)).toEqual([1, 1, 2, 2]);
  expect(runs).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

it('tells all of a run that it failed, and goes on', async () => {
  const gathering = new Batcher<string, string>(async (items) => {
    if (items.includes('bad')) throw new Error('bad');
    return items.join();
  });
  await expect(Promise.all([gathering.call('bad'), gathering.call('good')])).rejects.toThrow('bad');
  expect(await gathering.call('good')).toBe('good');
});
