import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import type { Ask } from '../../../test/support/api.ts';
import { fleet, give } from '../../../test/support/fleet.ts';

describe('a reservation', () => {
  const container = (ask: Ask, name: string, body: unknown) =>
    ask('PUT', `/host/host1/${name}`, body, { prefer: 'respond-async' });

  it('holds: a hundred requests for more than is available leave nothing below zero', async () => {
    const { database, ask } = await fleet();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => container(ask, `c${index}`, { memory: 30, vcpus: 1 })),
    );
    // 1000 MB are 33 times 30; 4 cores, four times over, are 16.
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(16);
    const refusals = await Promise.all(
      answers.filter(({ status }) => status === 422).map(async (answer) => (await answer.json()).detail),
    );
    expect(refusals).toHaveLength(84);
    expect(new Set(refusals)).toEqual(new Set(['host1 has 0 cores available, 1 requested']));
    const [rows] = await database.read([
      statement(
        'SELECT available_memory, available_cpu, reserved_memory, reserved_cpu FROM v_hypervisors ORDER BY name',
      ),
    ]);
    expect(rows[0]).toEqual({ available_memory: 1000 - 480, available_cpu: 0, reserved_memory: 480, reserved_cpu: 16 });
  });

  it('follows the config of the hypervisor', async () => {
    const { database, ask } = await fleet();
    await database.write([
      statement(
        `UPDATE hypervisors SET config = '{"memory_reserve":"900","cpu_overcommit":"1.5"}' WHERE name = 'host1'`,
      ),
    ]);
    expect((await container(ask, 'a', { memory: 101 })).status).toBe(422);
    expect((await container(ask, 'a', { memory: 100, vcpus: 7 })).status).toBe(422);
    expect((await container(ask, 'a', { memory: 100, vcpus: 6 })).status).toBe(202);
  });

  it('is changed and removed with the container', async () => {
    const { database, ask } = await fleet();
    const promised = async () => {
      const [rows] = await database.read([
        statement<{ memory: number; cpu: number }>('SELECT memory, cpu FROM reservations'),
      ]);
      return rows;
    };
    const first = await container(ask, 'a', { memory: 600 });
    expect(await promised()).toEqual([{ memory: 600, cpu: 0 }]);
    expect((await container(ask, 'a', { memory: 1001 })).status).toBe(422);
    expect((await container(ask, 'a', { vcpus: 2, tag: 'x' })).status).toBe(202);
    expect(await promised()).toEqual([{ memory: 600, cpu: 2 }]);
    // Memory was withheld: a smaller reservation is accepted all the same.
    await give(database, 'host1', 100);
    expect((await container(ask, 'a', { memory: 500, vcpus: null })).status).toBe(202);
    expect(await promised()).toEqual([{ memory: 500, cpu: 0 }]);
    expect(await (await ask('GET', '/host/host1/a')).json()).toMatchObject({ memory: 500, tag: 'x' });
    const operations = await (await ask('GET', '/operations')).json();
    for (const { id } of operations.operations) await ask('POST', `/operations/${id}/cancel`);
    expect(await promised()).toEqual([]);
    expect(first.status).toBe(202);
  });
});
