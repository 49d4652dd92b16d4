import { expect, it } from 'vitest';
import type { Database } from '../schema/database/database.ts';
import { api } from '../test/support/api.ts';

const import2000 = {
  cenList: Array.from({ length: 2000 }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: [0, 1, 2].map((container) => `n${cen}c${container}`),
  })),
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Returns when the next batch would have been committed on the event loop. */
async function wasBegun(database: Database): Promise<void> {
  await new Promise<void>((resolve) => database.subscribe(() => resolve(), 'early'));
  await turn();
  await turn();
}

it.each([
  ['POST', '/cen/import', import2000, 200],
  ['POST', '/cen/make', import2000.cenList.map(({ cenID }) => cenID), 202],
])('%s %s of 2,000 networks lets reads go on, and later writes come after it', async (method, path, body, status) => {
  const { database, ask } = await api();
  if (path !== '/cen/import') await ask('POST', '/cen/import', import2000);
  await ask('PUT', '/cen/first');
  const order: string[] = [];
  const note = async (what: string, answer: Promise<Response>) => {
    const { status } = await answer;
    order.push(what);
    return status;
  };
  const begun = wasBegun(database);
  const large = note('large', ask(method, path, body));
  await begun;
  const write = note('write', ask('PUT', '/cen/second'));
  expect(await note('read', ask('GET', '/cen/first'))).toBe(200);
  expect(await Promise.all([large, write])).toEqual([status, 200]);
  expect(order).toEqual(['read', 'large', 'write']);
});

it('an import that is refused says why, and its key is not spent', async () => {
  const { ask } = await api();
  const key = { 'idempotency-key': 'order-66' };
  const elsewhere = structuredClone(import2000);
  elsewhere.cenList[1999]?.containerIDs.push('nowhere/c');
  expect((await ask('POST', '/cen/import', elsewhere, key)).status).toBe(422);
  const answers = await Promise.all([1, 2].map(() => ask('POST', '/cen/import', import2000, key)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(answers.map(({ headers }) => headers.get('operation-id'))).size).toBe(1);
  expect((await ask('POST', '/cen/import', elsewhere, key)).status).toBe(422);
});
