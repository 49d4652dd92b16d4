import { expect, it } from 'vitest';
import { Batcher } from './batcher.ts';

it('combines calls during a run into the next one, and answers no call from a run that began before it', async () => {
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

it('rejects all calls of a failed run, and continues', async () => {
  const gathering = new Batcher<string, string>(async (items) => {
    if (items.includes('bad')) throw new Error('bad');
    return items.join();
  });
  await expect(Promise.all([gathering.call('bad'), gathering.call('good')])).rejects.toThrow('bad');
  expect(await gathering.call('good')).toBe('good');
});
