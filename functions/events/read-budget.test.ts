import { expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { withReadBudget } from './read-budget.ts';

it('reads as often as its budget allows, and says once that it is spent', async () => {
  let exhausted = 0;
  const database = withReadBudget(await temporaryDatabase(), 2, () => {
    exhausted += 1;
  });
  const read = () => database.read([statement<{ one: number }>('SELECT 1 AS one')]);
  expect(await read()).toEqual([[{ one: 1 }]]);
  expect(await read()).toEqual([[{ one: 1 }]]);
  expect(exhausted).toBe(0);
  for (let turn = 0; turn < 3; turn += 1) await expect(read()).rejects.toMatchObject({ code: 'unavailable' });
  expect(exhausted).toBe(1);
});
