import { expect, it } from 'vitest';
import { ReportHold } from './report-hold.ts';

const HOUR = 3_600_000;

it('operations of one batch wait for the last of them if the database is far away', async () => {
  const hold = new ReportHold(3, HOUR);
  const ended: string[] = [];
  const others = ['a', 'b'].map((name) => hold.end().then(() => ended.push(name)));
  await Promise.resolve();
  expect(ended).toEqual([]);
  await hold.end();
  await Promise.all(others);
  expect(ended).toEqual(['a', 'b']);
});

it('they wait only for a moment, and not at all if it is near', async () => {
  await new ReportHold(2, 10).end();
  await new ReportHold(2, 1).end();
});
