import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../test/support/until.ts';
import { Passes, type PassesOptions } from './passes.ts';

/** Passes without a pause, of numbers. */
function stage(read: PassesOptions<number>['read']) {
  const recorded: (readonly number[])[] = [];
  const passes = new Passes<number>({
    ...{ of: 'numbers', read, keepMs: () => 1, intervalMs: 1, log: { warn: () => undefined } },
    async record({ readings }) {
      recorded.push(readings);
      return true;
    },
  });
  onTestFinished(() => passes.close());
  return { passes, recorded };
}

it('it does not wait at its end for a reading that hangs, nor records it', async () => {
  const answer = Promise.withResolvers<readonly number[]>();
  let reads = 0;
  const { passes, recorded } = stage(() => {
    reads += 1;
    return answer.promise;
  });
  await until('it reads', () => reads > 0);
  await passes.close();
  answer.resolve([1]);
  await answer.promise;
  expect({ reads, recorded }).toEqual({ reads: 1, recorded: [] });
});

it('what cannot be read now is not recorded, and read again', async () => {
  let reads = 0;
  const { recorded } = stage(async () => {
    reads += 1;
    return reads < 3 ? null : [reads];
  });
  await until('it was recorded', () => recorded.length > 0);
  expect(recorded[0]).toEqual([3]);
});
