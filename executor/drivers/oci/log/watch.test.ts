import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { until } from '../../../../test/support/until.ts';
import { watchLog } from './watch.ts';

test('a log that grows is told of soon, until the end of the watch', async () => {
  const directory = join(temporaryDirectory(), 'log');
  mkdirSync(directory);
  let told = 0;
  const end = watchLog(directory, () => {
    told += 1;
  });
  try {
    appendFileSync(join(directory, 'current'), 'a line\n');
    await until('it is told', () => told > 0);
  } finally {
    end();
  }
  const before = told;
  const other = watchLog(directory, () => {
    told += 1_000;
  });
  appendFileSync(join(directory, 'current'), 'another\n');
  await until('the other watch is told', () => told >= before + 1_000);
  other();
  expect(told % 1_000).toBe(before);
});
