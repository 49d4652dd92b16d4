import { expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { type Pass, type Reading, statisticsNote } from '../../../schema/resources/network/statistics.ts';
import { client } from '../../../test/support/api.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';

const STATS = '/host/host1/web/stats';
const able = JSON.stringify({ netns: { available: true }, containers: { available: true } });

async function stage() {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database, 'host1', able);
  const ask = client(database);
  const prefer = { prefer: 'respond-async' };
  await ask('PUT', '/host/host1/web', { image: 'lab/web:1' }, prefer);
  await ask('PUT', '/host/host1/plain', undefined, prefer);
  const [[row]] = await database.read([statement<{ id: string }>("SELECT id FROM containers WHERE name = 'web'")]);
  const container = row?.id ?? '';
  const record = (ageMs: number, change: Partial<Reading> = {}) =>
    write(database, hypervisor, { ageMs, keepMs: 3_600_000, readings: [{ ...reading(container), ...change }] });
  const get = async (path = STATS) => {
    const answer = await ask('GET', path);
    return { status: answer.status, body: await answer.json() };
  };
  return { database, hypervisor, container, ask, record, get };
}

function reading(container: string): Reading {
  return {
    ...{ container, started_ms: 1, cpu_us: 2_000_000, memory: 3_000_000, memory_limit: 64_000_000, processes: 2 },
    interfaces: [['lan', 1, 2, 3, 4, 5, 6, 7, 8]],
  };
}

async function write(database: Database, hypervisor: string, pass: Pass): Promise<void> {
  await database.write(statisticsNote.statements(hypervisor, pass));
}

it('the statistics of a container are those of its last reading, and its cores those between the last two', async () => {
  const { record, get } = await stage();
  await record(10_000);
  expect((await get()).body).toMatchObject({ cpu: { microseconds: 2_000_000, cores: null } });
  await record(0, { cpu_us: 17_000_000 });
  const { status, body } = await get();
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      ...{ contID: 'web', hostID: 'host1', at: expect.stringMatching(/^\d{4}-.*Z$/) },
      cpu: { microseconds: 17_000_000, cores: expect.closeTo(1.5, 1) },
      memory: { bytes: 3_000_000, limit: 64_000_000 },
      processes: 2,
      interfaces: [
        {
          name: 'lan',
          received: { bytes: 1, packets: 2, errors: 3, dropped: 4 },
          sent: { bytes: 5, packets: 6, errors: 7, dropped: 8 },
        },
      ],
    },
  });
});

it('a process that was started anew has no cores before its second reading', async () => {
  const { record, get } = await stage();
  await record(10_000);
  await record(0, { cpu_us: 9_000_000, started_ms: 2 });
  expect((await get()).body).toMatchObject({ cpu: { microseconds: 9_000_000, cores: null } });
});

it('of a process that has ended the last reading is told', async () => {
  const { database, hypervisor, record, get } = await stage();
  await record(30_000);
  const at = (await get()).body;
  for (const ageMs of [20_000, 10_000, 0]) {
    await write(database, hypervisor, { ageMs, keepMs: 3_600_000, readings: [reading('another')] });
  }
  expect((await get()).body).toEqual(at);
});

it('a process that has not been read yet has no numbers', async () => {
  const { get } = await stage();
  expect(await get()).toEqual({
    status: 200,
    body: {
      ...{ contID: 'web', hostID: 'host1', at: null, processes: null, interfaces: [] },
      ...{ cpu: { microseconds: null, cores: null }, memory: { bytes: null, limit: null } },
    },
  });
});

it('a container that is unknown is a 404, and one without a process a 409 that says how it gets one', async () => {
  const { get } = await stage();
  expect(await get('/host/host1/db/stats')).toMatchObject({
    status: 404,
    body: { errors: [{ parameter: 'ContainerId' }] },
  });
  expect((await get('/host/host2/web/stats')).status).toBe(404);
  expect(await get('/host/host1/plain/stats')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('plain has no process'), hint: expect.stringContaining('"image"') },
  });
});

it('a CEN may be called stats', async () => {
  const { ask } = await stage();
  const joined = await ask('PUT', STATS, undefined, { prefer: 'respond-async' });
  expect(await joined.json()).toMatchObject({ kind: 'cen.join' });
  expect((await ask('DELETE', STATS, undefined, { prefer: 'respond-async' })).status).toBe(202);
  expect((await ask('GET', STATS)).status).toBe(200);
});
