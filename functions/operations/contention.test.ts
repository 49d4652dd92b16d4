import { describe, expect, it } from 'vitest';
import type { Database } from '../../schema/database/database.ts';
import { type Ask, client } from '../../test/support/api.ts';
import { insertHypervisor, temporaryDatabase } from '../../test/support/database.ts';

const REQUESTS = 60;
const SUBNET = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
const HYPERVISOR = 'abcd1234-abcd-1234-abcd-1234abcd1234';

interface Counted {
  readonly ask: Ask;
  readonly calls: { made: number; statements: number };
}

/** One API for each request, as on Workers: they share only the database, whose calls are counted. */
async function counted(): Promise<Counted> {
  const database = await temporaryDatabase();
  await insertHypervisor(database);
  const calls = { made: 0, statements: 0 };
  const count = (statements: readonly unknown[]) => {
    calls.made += 1;
    calls.statements += statements.length;
  };
  const isolate = (): Database => ({
    write: (statements, options) => {
      count(statements);
      return database.write(statements, options);
    },
    read: (statements, options) => {
      count(statements);
      return database.read(statements, options);
    },
    subscribe: () => () => undefined,
    close: () => undefined,
  });
  const ask: Ask = (...request) => client(isolate())(...request);
  await ask('POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/16' });
  await ask('POST', '/hypervisors', { id: HYPERVISOR, total_resources: { memory: 1000 } });
  Object.assign(calls, { made: 0, statements: 0 });
  return { ask, calls };
}

const range = (turn: number) => ({ start: `10.7.0.${10 + turn}`, end: `10.7.9.${10 + turn}` });
const members = [
  (turn: number) => ({ metadata: { turn } }),
  (turn: number) => ({ gateway: `10.7.200.${turn}` }),
  (turn: number) => range(turn),
];

describe(`${REQUESTS} concurrent PATCHes`, () => {
  it.each<[string, string, number, (turn: number) => unknown]>([
    ['of a subnet’s metadata', `/subnets/${SUBNET}`, 10, (turn) => ({ metadata: { turn } })],
    ['of different members of a subnet', `/subnets/${SUBNET}`, 10, (turn) => members[turn % members.length]?.(turn)],
    [
      'of a hypervisor',
      `/hypervisors/${HYPERVISOR}`,
      14,
      (turn) => ({ metadata: { turn }, available_resources: { memory: turn } }),
    ],
    ['of a config', `/hypervisors/${HYPERVISOR}/config`, 10, (turn) => ({ [`key${turn}`]: 'value' })],
  ])('%s take a handful of statements each, and none is refused', async (_, path, most, body) => {
    const { ask, calls } = await counted();
    const answers = await Promise.all(
      Array.from({ length: REQUESTS }, (_each, turn) => ask('PATCH', path, body(turn))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(calls.made / REQUESTS).toBeLessThanOrEqual(3);
    expect(calls.statements / REQUESTS).toBeLessThanOrEqual(most);
  });

  it('of different members of a subnet do not overwrite each other', async () => {
    const { ask } = await counted();
    await Promise.all([
      ...Array.from({ length: REQUESTS }, () => ask('PATCH', `/subnets/${SUBNET}`, { metadata: { a: 'b' } })),
      ask('PATCH', `/subnets/${SUBNET}`, { gateway: '10.7.0.1' }),
      ask('PATCH', `/subnets/${SUBNET}`, { start: '10.7.1.0' }),
      ask('PATCH', `/subnets/${SUBNET}`, { end: '10.7.2.0' }),
    ]);
    expect(await (await ask('GET', `/subnets/${SUBNET}`)).json()).toMatchObject({
      metadata: { a: 'b' },
      gateway: '10.7.0.1',
      start: '10.7.1.0',
      end: '10.7.2.0',
    });
  });

  it('of associations are all recorded', async () => {
    const { ask, calls } = await counted();
    const ids = Array.from({ length: REQUESTS }, () => crypto.randomUUID());
    const answers = await Promise.all(
      ids.map((id, turn) => ask('PATCH', `/hypervisors/${HYPERVISOR}/subnets`, { [id]: `br${turn}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(calls.made / REQUESTS).toBeLessThanOrEqual(3);
    const map = await (await ask('GET', `/hypervisors/${HYPERVISOR}/subnets`)).json();
    expect(Object.keys(map).sort()).toEqual([...ids].sort());
  });
});

it('concurrent changes of a block are retried with the current block, and offsets stay correct', async () => {
  const { ask } = await counted();
  const answers = await Promise.all([
    ...Array.from({ length: 8 }, (_, turn) => ask('PATCH', `/subnets/${SUBNET}`, { cidr: `10.${turn}.0.0/16` })),
    ...Array.from({ length: 8 }, (_, turn) => ask('PATCH', `/subnets/${SUBNET}`, { metadata: { turn } })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
  const { cidr, start, end, free } = await (await ask('GET', `/subnets/${SUBNET}`)).json();
  const [, block] = /^10\.(\d+)\.0\.0\/16$/.exec(cidr) ?? [];
  expect({ start, end, free }).toEqual({ start: `10.${block}.0.1`, end: `10.${block}.255.254`, free: 65_534 });
});

it('a range that two requests together make invalid is a 400 for the later one', async () => {
  const { ask } = await counted();
  const answers = await Promise.all([
    ask('PATCH', `/subnets/${SUBNET}`, { start: '10.7.100.0' }),
    ask('PATCH', `/subnets/${SUBNET}`, { end: '10.7.50.0' }),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
});

it('an address that is reserved while its subnet moves is in the subnet', async () => {
  const { ask } = await counted();
  const [moved, reserved] = await Promise.all([
    ask('PATCH', `/subnets/${SUBNET}`, { cidr: '10.7.0.0/17' }),
    ask('POST', `/subnets/${SUBNET}/addresses`, { address: '10.7.0.5' }),
  ]);
  expect([moved.status, reserved.status]).toEqual([200, 201]);
  expect((await ask('GET', `/subnets/${SUBNET}/addresses/10.7.0.5`)).status).toBe(200);
});
