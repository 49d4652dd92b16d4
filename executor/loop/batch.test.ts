import { expect, it } from 'vitest';
import { Batch } from './batch.ts';

const HOUR = 3_600_000;

it('operations of one batch wait for the last of them where the database is far away', async () => {
  const batch = new Batch(3, HOUR);
  const ended: string[] = [];
  const others = ['a', 'b'].map((name) => batch.end().then(() => ended.push(name)));
  await Promise.resolve();
  expect(ended).toEqual([]);
  await batch.end();
  await Promise.all(others);
  expect(ended).toEqual(['a', 'b']);
});

it('and not longer than for a moment, or not at all where it is near', async () => {
  await new Batch(2, 10).end();
  await new Batch(2, 1).end();
});
