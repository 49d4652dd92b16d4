import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, now, statement } from '../../schema/database/database.ts';
import { databaseStore } from '../../schema/store/database-store.ts';
import { NOTHING_SEEN } from '../../schema/store/machine.ts';
import { register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { hypervisorId, machine } from '../../test/support/loop.ts';
import { type TakeOverOptions, takeOver } from './take-over.ts';

const NEVER = 3_600_000;

function start(database: Database, changes: Partial<TakeOverOptions> = {}): TakeOverOptions {
  return {
    ...{
      store: databaseStore(database),
      name: 'host1',
      id: hypervisorId,
      machine,
      seen: NOTHING_SEEN,
      ownEpoch: 0,
      heartbeatMs: 10_000,
    },
    log: { info: () => undefined },
    ...changes,
  };
}

/** Sends heartbeats, like a running executor, until the test ends. */
function beat(database: Database, seen = `${now}`): void {
  let last: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    last = database.write([statement(`UPDATE hypervisors SET last_seen_ms = ${seen}`)]);
  }, 20);
  onTestFinished(async () => {
    clearInterval(timer);
    await last;
  });
}

async function epoch(database: Database): Promise<number | undefined> {
  const [rows] = await database.read([statement<{ epoch: number }>('SELECT epoch FROM hypervisors')]);
  return rows[0]?.epoch;
}

describe('a start beside a running executor', () => {
  const elsewhere = { ...machine, bootId: 'boot-2' };
  it.each([
    ['of a machine with the same id', elsewhere, /of another machine, .* \(boot id boot-1\)/],
    ['of a machine without an id', { ...elsewhere, machineId: null }, /of another machine, .* \(boot id boot-1\)/],
    ['of the same machine, from another state directory', machine, /of this machine \(boot id boot-1\)/],
  ])('%s is refused, and names the variable to set', async (_, own, message) => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    beat(database);
    const refused = takeOver(start(database, { machine: own }));
    await expect(refused).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('WEFT_HYPERVISOR'),
    });
    expect(await epoch(database)).toBe(1);
  });

  it('is refused although the state directory was cloned with the machine', async () => {
    const database = await temporaryDatabase();
    const seen = await register(database, 'host1', hypervisorId, machine);
    beat(database);
    await expect(takeOver(start(database, { machine: elsewhere, seen, ownEpoch: 1 }))).rejects.toThrow('boot-1');
  });

  it('is refused when the clock was set back meanwhile', async () => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    await database.write([statement(`UPDATE hypervisors SET last_seen_ms = ${now} + 86400000`)]);
    beat(database);
    await expect(takeOver(start(database, { machine: elsewhere }))).rejects.toThrow('boot-1');
  });

  it('that begins at the same time is refused, or refuses that one', async () => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = 1')]);
    const starts = ['boot-2', 'boot-3'].map((bootId) => takeOver(start(database, { machine: { ...machine, bootId } })));
    await Promise.any(starts);
    beat(database);
    const outcomes = await Promise.allSettled(starts);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await epoch(database)).toBe(2);
  });
});

describe('a start', () => {
  it('succeeds an executor that was paused or died just now, after a period of silence', async () => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    const successor = start(database, { machine: { ...machine, bootId: 'boot-2' }, heartbeatMs: 40 });
    expect(await takeOver(successor)).toMatchObject({ epoch: 2 });
  });

  it.each([
    ['there is no such hypervisor', 'DELETE FROM hypervisors', { ownEpoch: 0 }],
    ['the last one is long dead', 'UPDATE hypervisors SET last_seen_ms = 1', { ownEpoch: 0 }],
    ['the last one was of the same state directory', '', { ownEpoch: 1 }],
    ['the database was restored', '', { ownEpoch: 5 }],
    ['the hypervisor was described by a client', 'UPDATE hypervisors SET last_seen_ms = NULL, epoch = 0', {}],
  ])('continues at once if %s', async (_, sql, changes) => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    if (sql !== '') await database.write([statement(sql)]);
    // If it waited, the test would time out.
    const taken = await takeOver(start(database, { heartbeatMs: NEVER, ...changes }));
    expect(taken).toMatchObject({ hypervisor: hypervisorId });
  });

  it('of another machine is refused at once, and registers nothing', async () => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    const other = { ...machine, machineId: 'machine-2', bootId: 'boot-2' };
    await expect(takeOver(start(database, { machine: other, heartbeatMs: NEVER }))).rejects.toThrow(
      'Hypervisor host1 of this database is another machine',
    );
    expect(await epoch(database)).toBe(1);
  });
});
