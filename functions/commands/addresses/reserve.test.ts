import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { type Ask, api } from '../../../test/support/api.ts';
import { sequence } from '../../../test/support/random.ts';

const SUBNET = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
const path = `/subnets/${SUBNET}`;

/** Model of a subnet: its reserved addresses, as numbers within 10.7.0.0/16. */
interface Model {
  readonly taken: Set<number>;
  base: number;
  size: number;
  start: number;
  end: number;
  gateway: number | null;
}

const addressOf = (number: number) => `10.7.${number >> 8}.${number & 255}`;
const numberOf = (address: string) => {
  const [, , third = 0, fourth = 0] = address.split('.').map(Number);
  return third * 256 + fourth;
};

const isUsable = ({ start, end, gateway }: Model, number: number) =>
  number >= start && number <= end && number !== gateway;

/** The expected address, found by counting up from the first. */
function lowestFree(model: Model): number | undefined {
  for (let number = model.start; number <= model.end; number += 1) {
    if (isUsable(model, number) && !model.taken.has(number)) return number;
  }
  return undefined;
}

async function reserve(ask: Ask, model: Model, number: number | undefined): Promise<void> {
  const wanted = number ?? lowestFree(model);
  const answer = await ask('POST', `${path}/addresses`, number === undefined ? {} : { address: addressOf(number) });
  const body: { address: string } = await answer.json();
  if (wanted === undefined) return expect(answer.status).toBe(422);
  if (!isUsable(model, wanted)) return expect([400, 409]).toContain(answer.status);
  if (model.taken.has(wanted)) return expect(answer.status).toBe(409);
  expect([answer.status, numberOf(body.address)]).toEqual([201, wanted]);
  model.taken.add(wanted);
}

async function release(ask: Ask, model: Model, number: number): Promise<void> {
  const { status } = await ask('DELETE', `${path}/addresses/${addressOf(number)}`);
  expect(status).toBe(model.taken.has(number) ? 200 : 404);
  model.taken.delete(number);
}

/** Another range, gateway, or block; a reserved address may end up outside. */
async function define(ask: Ask, model: Model, wanted: Pick<Model, 'base' | 'size' | 'gateway'>): Promise<boolean> {
  const { base, size, gateway } = wanted;
  const next: Model = { taken: model.taken, base, size, gateway, start: base + 1, end: base + size - 2 };
  const { status } = await ask('PATCH', path, {
    cidr: `${addressOf(base)}/${32 - Math.log2(size)}`,
    gateway: gateway === null ? null : addressOf(gateway),
    start: addressOf(next.start),
    end: addressOf(next.end),
  });
  const fits = [...model.taken].every((number) => isUsable(next, number));
  expect({ wanted, taken: [...model.taken], status }).toMatchObject({ status: fits ? 200 : 409 });
  const hasMoved = fits && base !== model.base && model.taken.size > 0;
  if (fits) Object.assign(model, next);
  return hasMoved;
}

/** The data that triggers maintain, besides the rows. */
async function expectKept(database: Database): Promise<void> {
  const [kept, runs, counts] = await database.read([
    statement('SELECT subnet, first, last FROM address_runs ORDER BY subnet, first'),
    statement(`
      SELECT subnet, min(offset) AS first, max(offset) AS last
      FROM (SELECT subnet, offset, offset - row_number() OVER (PARTITION BY subnet ORDER BY offset) AS run FROM addresses)
      GROUP BY subnet, run ORDER BY subnet, first`),
    statement('SELECT id FROM subnets WHERE reserved <> (SELECT count(*) FROM addresses WHERE subnet = subnets.id)'),
  ]);
  expect(kept).toEqual(runs);
  expect(counts).toEqual([]);
}

describe('the lowest free address', () => {
  it.each([1, 2, 3, 4])('is the one that counting up finds, after any sequence of changes (%i)', async (seed) => {
    const { database, ask } = await api();
    const below = sequence(seed);
    let moves = 0;
    const model: Model = { taken: new Set(), base: 544, size: 32, start: 545, end: 574, gateway: 545 };
    await ask('POST', '/subnets', { id: SUBNET, cidr: '10.7.2.32/27', gateway: '10.7.2.33' });
    for (let turn = 0; turn < 250; turn += 1) {
      const any = model.base + below(model.size);
      const choice = below(20);
      if (choice < 10) await reserve(ask, model, undefined);
      else if (choice < 12) await reserve(ask, model, any);
      else if (choice < 17) await release(ask, model, [...model.taken][below(model.taken.size)] ?? any);
      else if (choice < 18) {
        for (const number of [...model.taken].filter((each) => each > any)) await release(ask, model, number);
      } else {
        const size = model.size * (below(2) === 0 && model.size < 256 ? 2 : 0.5);
        const base = Math.floor(any / size) * size;
        const gateway = below(2) === 0 ? null : base + 1 + below(size - 2);
        if (size >= 16 && (await define(ask, model, { base, size, gateway }))) moves += 1;
      }
      await expectKept(database);
    }
    expect(moves).toBeGreaterThan(0);
  });

  it('is right with the gateway between two runs, before the first, and after the last', async () => {
    const { ask } = await api();
    await ask('POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/29', gateway: '10.7.0.3' });
    const given = [];
    for (let turn = 0; turn < 6; turn += 1) {
      given.push((await (await ask('POST', `${path}/addresses`, {})).json()).address);
    }
    expect(given).toEqual(['10.7.0.1', '10.7.0.2', '10.7.0.4', '10.7.0.5', '10.7.0.6', undefined]);
    for (const last of [1, 2, 4]) await ask('DELETE', `${path}/addresses/10.7.0.${last}`);
    await ask('PATCH', path, { gateway: '10.7.0.1' });
    expect(await (await ask('POST', `${path}/addresses`, {})).json()).toMatchObject({ address: '10.7.0.2' });
  });
});
