import { describe, expect, it } from 'vitest';
import { insertHypervisor, temporaryDatabase } from '../../test/support/database.ts';
import { sequence } from '../../test/support/random.ts';
import { type Database, statement } from '../database/database.ts';
import { ALIVE_MS, alive, HEARTBEAT_MS, isSilent } from './alive.ts';
import { availableCpu, availableDisk, availableMemory, roomCpu, roomDisk, roomMemory } from './capacity.ts';

interface Amounts {
  memory: number;
  disk: number;
  cpu: number;
}

interface Given {
  total: Amounts;
  withheld?: Amounts;
  reserved?: readonly Amounts[];
  config?: Record<string, string>;
}

const nothing: Amounts = { memory: 0, disk: 0, cpu: 0 };

async function hypervisor({ total, withheld = nothing, reserved = [], config = {} }: Given): Promise<Database> {
  const database = await temporaryDatabase();
  const id = await insertHypervisor(database);
  await insertHypervisor(database, 'other');
  await database.write([
    statement(
      `UPDATE hypervisors SET config = :config, total_memory = :total_memory, total_disk = :total_disk, total_cpu = :total_cpu,
         withheld_memory = :withheld_memory, withheld_disk = :withheld_disk, withheld_cpu = :withheld_cpu
       WHERE id = :id`,
      {
        id,
        config: JSON.stringify(config),
        total_memory: total.memory,
        total_disk: total.disk,
        total_cpu: total.cpu,
        withheld_memory: withheld.memory,
        withheld_disk: withheld.disk,
        withheld_cpu: withheld.cpu,
      },
    ),
    statement(
      `INSERT INTO reservations (owner, hypervisor, memory, disk, cpu)
       SELECT 'promise ' || key, :id, value ->> 'memory', value ->> 'disk', value ->> 'cpu' FROM json_each(:reserved)`,
      { id, reserved: JSON.stringify(reserved) },
    ),
    statement(
      "INSERT INTO reservations SELECT 'elsewhere', id, 7777, 7777, 7777 FROM hypervisors WHERE name = 'other'",
    ),
  ]);
  return database;
}

async function amounts(database: Database, memory: string, disk: string, cpu: string): Promise<Amounts[]> {
  const [rows] = await database.read([
    statement<Amounts>(
      `SELECT ${memory} AS memory, ${disk} AS disk, ${cpu} AS cpu FROM hypervisors h WHERE name = 'host1'`,
    ),
  ]);
  return rows;
}

const total: Amounts = { memory: 1000, disk: 500, cpu: 4 };

const cases: readonly [string, Given, { available: Amounts; room: Amounts }][] = [
  ['nothing promised', { total }, { available: total, room: { memory: 1000, disk: 500, cpu: 16 } }],
  [
    'withheld, kept and reserved amounts',
    {
      total,
      withheld: { memory: 100, disk: 50, cpu: 1 },
      reserved: [
        { memory: 200, disk: 100, cpu: 5 },
        { memory: 1, disk: 2, cpu: 3 },
      ],
      config: { memory_reserve: '64', other: 'x' },
    },
    { available: { memory: 635, disk: 348, cpu: 3 }, room: { memory: 635, disk: 348, cpu: 4 } },
  ],
  [
    'more reserved than there is now',
    { total, reserved: [{ memory: 1200, disk: 600, cpu: 17 }] },
    { available: nothing, room: { memory: -200, disk: -100, cpu: -1 } },
  ],
  [
    'more withheld than there is now',
    { total, withheld: { memory: 1001, disk: 501, cpu: 5 }, config: { cpu_overcommit: '1.5' } },
    { available: nothing, room: { memory: -1, disk: -1, cpu: -1 } },
  ],
  [
    'a fraction of a core, which is not available',
    { total: { ...total, cpu: 3 }, config: { cpu_overcommit: '1.5' } },
    { available: { ...total, cpu: 3 }, room: { memory: 1000, disk: 500, cpu: 4 } },
  ],
  [
    'a factor without an exact binary representation',
    { total: { ...total, cpu: 100 }, config: { cpu_overcommit: '1.15' } },
    { available: { ...total, cpu: 100 }, room: { memory: 1000, disk: 500, cpu: 115 } },
  ],
];

describe('the available resources of a hypervisor', () => {
  it.each(cases)('with %s', async (_, given, { available, room }) => {
    const database = await hypervisor(given);
    expect(await amounts(database, availableMemory, availableDisk, availableCpu)).toEqual([available]);
    expect(await amounts(database, roomMemory, roomDisk, roomCpu)).toEqual([room]);
    const [view] = await database.read([
      statement<Amounts>(
        `SELECT available_memory AS memory, available_disk AS disk, available_cpu AS cpu FROM v_hypervisors WHERE name = 'host1'`,
      ),
    ]);
    expect(view).toEqual([available]);
  });
});

it('the reserved amount is the sum of reservations after any change of them', async () => {
  const database = await temporaryDatabase();
  const ids = [await insertHypervisor(database), await insertHypervisor(database, 'host2')];
  const below = sequence(7);
  const change = () => {
    const args = {
      owner: `vm${below(8)}`,
      hypervisor: ids[below(2)] ?? '',
      memory: below(9),
      disk: below(9),
      cpu: below(9),
    };
    return [
      `INSERT INTO reservations VALUES (:owner, :hypervisor, :memory, :disk, :cpu) ON CONFLICT (owner) DO UPDATE SET memory = :memory, cpu = :cpu`,
      'UPDATE reservations SET hypervisor = :hypervisor, disk = :disk WHERE owner = :owner',
      'UPDATE reservations SET memory = memory + 1',
      'DELETE FROM reservations WHERE owner = :owner',
    ].map((sql) => statement(sql, args))[below(4)];
  };
  for (let turn = 0; turn < 200; turn += 1) {
    const changed = change();
    const [, kept, sums] = await database.write([
      changed ?? statement('SELECT 1'),
      statement(
        'SELECT id, reserved_memory AS memory, reserved_disk AS disk, reserved_cpu AS cpu FROM hypervisors ORDER BY id',
      ),
      statement(`
        SELECT h.id, coalesce(sum(r.memory), 0) AS memory, coalesce(sum(r.disk), 0) AS disk, coalesce(sum(r.cpu), 0) AS cpu
        FROM hypervisors h LEFT JOIN reservations r ON r.hypervisor = h.id GROUP BY h.id ORDER BY h.id`),
    ]);
    expect(kept).toEqual(sums);
  }
});

describe('v_hypervisors', () => {
  it('shows the reserved amounts, the removal hold, and the number of resources', async () => {
    const database = await hypervisor({ total, reserved: [{ memory: 200, disk: 100, cpu: 1 }], config: { a: 'b' } });
    await database.write([
      statement(`UPDATE hypervisors SET free_memory = 640, load = 0.25, held = '{"detail":"why"}'`),
      statement(
        `INSERT INTO containers (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, short_name)
         SELECT 'c', id, 'c', '{}', 1, 'present', 'running', 0, 0, 'c' FROM hypervisors WHERE name = 'host1'`,
      ),
    ]);
    const [rows] = await database.read([statement("SELECT * FROM v_hypervisors WHERE name = 'host1'")]);
    expect(rows).toMatchObject([
      {
        alive: 1,
        last_seen: expect.stringMatching(/^\d{4}-.*Z$/),
        epoch: 1,
        reserved_memory: 200,
        reserved_disk: 100,
        reserved_cpu: 1,
        free_memory: 640,
        load: 0.25,
        held: 'why',
        config: '{"a":"b"}',
        containers: 1,
        cens: 0,
      },
    ]);
  });
});

describe('alive', () => {
  it.each([
    ['just now', 0, 1],
    ['a second before three heartbeats', ALIVE_MS - 1_000, 1],
    // julianday, which the view has to use, is precise to a millisecond.
    ['a second after three heartbeats', ALIVE_MS + 1_000, 0],
    ['a second before the clock was set back by a heartbeat', -HEARTBEAT_MS + 1_000, 1],
    ['before the clock was set back by more than a heartbeat', -HEARTBEAT_MS - 1_000, 0],
    ['before the clock was set back by a day', -86_400_000, 0],
    ['never', null, 0],
  ])('for an executor whose last heartbeat was %s', async (_, ago, wanted) => {
    const database = await temporaryDatabase();
    await insertHypervisor(database);
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - :ago', { ago })]);
    const [rows, view] = await database.read([
      statement(`SELECT ${alive('h')} AS alive FROM hypervisors h`),
      statement('SELECT alive FROM v_hypervisors'),
    ]);
    expect(rows).toEqual([{ alive: wanted }]);
    expect(view).toEqual(rows);
    expect(isSilent(ago)).toBe(wanted === 0);
  });
});
