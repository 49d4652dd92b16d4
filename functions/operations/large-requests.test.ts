import { expect, it } from 'vitest';
import type { Database } from '../../schema/database/database.ts';
import { type Ask, api } from '../../test/support/api.ts';

const import2000 = {
  cenList: Array.from({ length: 2000 }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: [0, 1, 2].map((container) => `n${cen}c${container}`),
  })),
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves when a batch on the event loop would have been committed. */
async function wasBegun(database: Database): Promise<void> {
  await new Promise<void>((resolve) => database.subscribe(() => resolve(), 'early'));
  await turn();
  await turn();
}

type Large = readonly [method: string, path: string, body?: unknown];

const imported = (ask: Ask) => ask('POST', '/cen/import', import2000);
const makeAll: Large = ['POST', '/cen/make', import2000.cenList.map(({ cenID }) => cenID)];

it.each<[string, number, (ask: Ask) => Promise<Large>]>([
  ['an import', 200, async () => ['POST', '/cen/import', import2000]],
  [
    'making all of them',
    202,
    async (ask) => {
      await imported(ask);
      return makeAll;
    },
  ],
  [
    'the cancellation of that',
    200,
    async (ask) => {
      await imported(ask);
      const { id } = await (await ask(...makeAll)).json();
      return ['POST', `/operations/${id}/cancel`];
    },
  ],
  [
    'the removal of their hypervisor',
    200,
    async (ask) => {
      await imported(ask);
      return ['DELETE', '/hypervisors/host1?force=true'];
    },
  ],
])('of 2,000 networks: during %s reads continue, and other writes come after it', async (_what, status, prepare) => {
  const { database, ask } = await api();
  await ask('PUT', '/cen/first');
  const request = await prepare(ask);
  const order: string[] = [];
  const note = async (what: string, answer: Promise<Response>) => {
    const { status } = await answer;
    order.push(what);
    return status;
  };
  const begun = wasBegun(database);
  const large = note('large', ask(...request));
  await begun;
  const write = note('write', ask('PUT', '/cen/second', undefined, { prefer: 'respond-async' }));
  expect(await note('read', ask('GET', '/cen/first'))).toBe(200);
  expect(await large).toBe(status);
  await write;
  expect(order).toEqual(['read', 'large', 'write']);
});

it('an import that is refused gives the reason, and its key is not used up', async () => {
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
