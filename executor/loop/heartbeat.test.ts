import { describe, expect, it, onTestFinished } from 'vitest';
import type { Capabilities } from '../../schema/api/capabilities.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import type { Resources } from '../../schema/store/machine.ts';
import { type Registration, register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { executorDefaults, hypervisorId, machine, renew, sessionOf } from '../../test/support/loop.ts';
import { until } from '../../test/support/until.ts';
import { Executor } from './executor.ts';
import { Heartbeat } from './heartbeat.ts';
import { Pulse } from './pulse.ts';
import { Serial } from './serial.ts';
import { Work } from './work.ts';

const longAgo = 'UPDATE hypervisors SET last_seen_ms = 1';

const facts = `
  SELECT last_seen_ms > unixepoch() * 1000 - 10000 AS fresh, total_memory, total_disk, total_cpu, free_memory, load, capabilities,
    withheld_memory, revision FROM hypervisors`;

async function read(database: Database): Promise<unknown> {
  const [rows] = await database.read([statement(facts)]);
  return rows[0];
}

const registered = {
  fresh: 1,
  total_memory: 1024,
  total_disk: 2048,
  total_cpu: 4,
  free_memory: 512,
  load: 0.5,
  capabilities: '{}',
  withheld_memory: 0,
  revision: 1,
};

/** A hypervisor whose host may change, and what its heartbeats write. */
async function beating() {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const now: { resources: Resources; capabilities: Capabilities } = { ...machine };
  const host = {
    resources: async () => now.resources,
    capabilities: () => now.capabilities,
    refresh: async () => undefined,
  };
  const written: Statement[] = [];
  const recorded: Database = {
    ...database,
    write: (statements, options) => {
      written.push(...statements);
      return database.write(statements, options);
    },
  };
  const session = sessionOf(recorded, registration);
  const heartbeat = new Heartbeat({ machine, host });
  const beat = async () => {
    const { state, written: confirm } = await heartbeat.beat();
    await session.heartbeat(state);
    confirm();
  };
  return { database, registration, now, heartbeat, beat, written };
}

describe('a hypervisor', () => {
  it('has its host’s resources and capabilities from its registration on', async () => {
    const { database } = await beating();
    expect(await read(database)).toEqual(registered);
  });

  it('that a client described before is adopted: the host’s values replace the described ones, the client’s own stay', async () => {
    const database = await temporaryDatabase();
    const id = '0aaaaaaa-0000-4000-8000-000000000000';
    await database.write([
      statement(
        `INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms, revision, ip, netmask, gateway, mac, metadata, config,
           total_memory, total_disk, total_cpu, withheld_memory, withheld_disk, withheld_cpu)
         VALUES (:id, :id, 0, '{}', 0, 7, '10.0.0.1', '255.0.0.0', '10.0.0.254', '01:23:45:67:89:ab', '{"a":1}', '{"b":"2"}',
           9000, 9000, 90, 8000, 100, 1)`,
        { id },
      ),
    ]);
    const registration = await register(database, id.toUpperCase(), hypervisorId, machine);
    expect(registration).toMatchObject({ hypervisor: id, name: id, epoch: 1 });
    const [rows, view, events] = await database.read([
      statement('SELECT * FROM hypervisors'),
      statement('SELECT available_memory, available_disk, available_cpu FROM v_hypervisors'),
      statement('SELECT type FROM events'),
    ]);
    expect(rows).toMatchObject([
      {
        machine_id: 'machine-1',
        revision: 7,
        ip: '10.0.0.1',
        netmask: '255.0.0.0',
        gateway: '10.0.0.254',
        mac: '01:23:45:67:89:ab',
        metadata: '{"a":1}',
        config: '{"b":"2"}',
        total_memory: 1024,
        total_disk: 2048,
        total_cpu: 4,
        withheld_memory: 8000,
        withheld_disk: 100,
        withheld_cpu: 1,
      },
    ]);
    expect(view).toEqual([{ available_memory: 0, available_disk: 1948, available_cpu: 3 }]);
    expect(events).toEqual([{ type: 'hypervisor.registered' }]);
  });
});

describe('a host with a known state of its database', () => {
  const held = "SELECT held ->> '$.reason' AS reason FROM hypervisors";

  it('does not consider it restored because the hypervisor was removed', async () => {
    const database = await temporaryDatabase();
    const seen = await register(database, 'host1', hypervisorId, machine);
    await database.write([statement('DELETE FROM hypervisors')]);
    const another = '01900000-0000-7000-8000-000000000002';
    expect(await register(database, 'host1', another, machine, seen)).toMatchObject({ hypervisor: another, epoch: 2 });
    expect((await database.read([statement(held)]))[0]).toEqual([{ reason: null }]);
  });

  it.each([
    ['the epoch of its hypervisor', 'UPDATE hypervisors SET epoch = 0'],
    ['the count of all starts', 'UPDATE database SET restore_generation = 0'],
  ])('considers it restored when %s went back', async (_, sql) => {
    const database = await temporaryDatabase();
    const seen = await register(database, 'host1', hypervisorId, machine);
    await database.write([statement(sql)]);
    expect(await register(database, 'host1', hypervisorId, machine, seen)).toMatchObject({ epoch: 2 });
    expect((await database.read([statement(held)]))[0]).toEqual([{ reason: 'restored' }]);
  });
});

describe('a heartbeat', () => {
  it('records that the executor is alive and what the host has now, and keeps the values of clients', async () => {
    const { database, now, beat } = await beating();
    await database.write([statement(longAgo), statement('UPDATE hypervisors SET withheld_memory = 5, revision = 3')]);
    now.resources = { memory: 2048, disk: 4096, cpu: 8, freeMemory: 100, load: 2 };
    await beat();
    expect(await read(database)).toEqual({
      ...registered,
      total_memory: 2048,
      total_disk: 4096,
      total_cpu: 8,
      free_memory: 100,
      load: 2,
      withheld_memory: 5,
      revision: 3,
    });
  });

  it('is one update, which contains capabilities only when they have changed', async () => {
    const { database, now, beat, heartbeat, written } = await beating();
    const naming = async () => {
      written.length = 0;
      await beat();
      expect(written).toHaveLength(2);
      return written[1]?.sql.includes('capabilities');
    };
    expect(await naming()).toBe(false);
    now.capabilities = { ovs: { available: false, reason: 'not yet', version: '3.1.0' } };
    expect(heartbeat.isOutdated()).toBe(true);
    expect(await naming()).toBe(true);
    expect(await read(database)).toEqual({ ...registered, capabilities: JSON.stringify(now.capabilities) });
    expect(heartbeat.isOutdated()).toBe(false);
    expect(await naming()).toBe(false);
  });

  it('of an older start changes nothing', async () => {
    const { database, beat } = await beating();
    await register(database, 'host1', hypervisorId, machine);
    await database.write([statement(longAgo)]);
    await expect(beat()).rejects.toMatchObject({ reason: 'fenced' });
    expect(await read(database)).toMatchObject({ fresh: 0 });
  });

  it('is sent periodically by a running executor, and a renewal of a lease is no heartbeat', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const executor = new Executor({
      ...{ session: sessionOf(database, registration), kinds: [], onFatal: () => undefined },
      ...executorDefaults(),
    });
    onTestFinished(() => executor.close());
    await executor.start();
    await database.write([statement(longAgo)]);
    await renew(database, registration);
    await until('it was heard of', async () => ((await read(database)) as { fresh: number }).fresh === 1);
  });

  it('is not sent by an executor whose loop is stuck', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    let beats = 0;
    const stuck: Database = {
      ...database,
      async write(statements, options) {
        if (options?.call === 'claim') await new Promise(() => undefined);
        beats += statements.some(({ sql }) => sql.includes('SET last_seen_ms')) ? 1 : 0;
        return database.write(statements, options);
      },
    };
    const pulse = pulseOf(stuck, registration, () => beats < 3);
    onTestFinished(() => pulse.close());
    await pulse.start();
    await until('it beats', () => beats === 3);
    pulse.giveBack();
    await database.write([statement(longAgo)]);
    pulse.beatNow();
    await pulse.close();
    expect(await read(database)).toMatchObject({ fresh: 0 });
  });
});

function pulseOf(database: Database, registration: Registration, isMoving: () => boolean): Pulse {
  return new Pulse({
    ...executorDefaults({ renew: 1, heartbeat: 1 }),
    ...{ store: sessionOf(database, registration), work: new Work(), serial: new Serial(), isMoving },
    ...{ onDone: () => undefined, onReturned: () => undefined, onError: () => undefined },
  });
}

describe('an executor that is fenced', () => {
  const remove = "DELETE FROM hypervisors WHERE name = 'host1'";
  const describedAnew = 'UPDATE hypervisors SET epoch = 0';
  const replace = 'UPDATE hypervisors SET epoch = epoch + 1';
  it.each([
    ['its hypervisor was removed', remove, 'Hypervisor host1 was removed from the database'],
    ['its hypervisor was removed and described again', describedAnew, 'Hypervisor host1 was removed from the database'],
    ['a newer start has taken over', replace, 'A newer start of this executor has taken over'],
  ])('because %s ends, and reports that once', async (_, sql, message) => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const lost: unknown[] = [];
    const executor = new Executor({
      ...{ session: sessionOf(database, registration), kinds: [], onFatal: (why) => lost.push(why) },
      ...executorDefaults(),
    });
    onTestFinished(() => executor.close());
    await executor.start();
    await database.write([statement(sql)]);
    await until('it is lost', () => lost.length > 0);
    await executor.close();
    expect(lost).toEqual([expect.objectContaining({ code: 'conflict', message })]);
  });
});
