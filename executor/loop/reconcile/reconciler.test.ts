import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { register } from '../../../schema/store/registration.ts';
import { CountingDatabase } from '../../../test/support/counting-database.ts';
import { temporaryDatabase } from '../../../test/support/database.ts';
import {
  type Counter,
  counterKind,
  hypervisorId,
  machine,
  one,
  sessionOf,
  withIdle,
} from '../../../test/support/loop.ts';
import type { Kind } from '../../kinds/kind.ts';
import { Reconciler } from './reconciler.ts';

describe('a scan of the host', () => {
  it('files one repair for a difference, and less and less often for one whose repairs fail', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const counter: Counter = { value: 5, fail: () => undefined, taken: [] };
    const kind = counterKind(counter, { before: 0, after: 0, total: 1 }, 'repair');
    const idle = [
      { subject: 'same', generation: 1, subjects: ['same'], eventNames: ['same'], desired: 5 },
      { subject: 'other', generation: 1, subjects: ['other', 'more'], eventNames: ['other'], desired: 6 },
    ];
    const session = withIdle(sessionOf(database, registration), idle);
    const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 0 });
    const scan = async () => (await reconciler.scan(kind, 'all', () => false)).repairs;
    expect(await scan()).toEqual(['other']);
    const [subjects] = await database.read([statement('SELECT subject FROM operation_subjects ORDER BY subject')]);
    expect(subjects).toEqual([{ subject: 'more' }, { subject: 'other' }]);

    // The repair is unfinished: no second one is filed, however many scans find the same difference.
    expect(await scan()).toEqual([]);

    const minute = 60_000;
    const fail = `UPDATE operations SET status = 'failed', finished_ms = unixepoch() * 1000 WHERE status = 'pending'`;
    const pass = (milliseconds: number) =>
      database.write([
        statement('UPDATE operations SET created_ms = created_ms - :ms, finished_ms = finished_ms - :ms', {
          ms: milliseconds,
        }),
      ]);
    const pauses: number[] = [];
    for (let failure = 0; failure < 7; failure += 1) {
      await database.write([statement(fail), statement('DELETE FROM operation_subjects')]);
      let waited = 0;
      while ((await scan()).length === 0) {
        await pass(minute / 4);
        waited += minute / 4;
      }
      pauses.push(waited / minute);
    }
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 10, 10]);
  });

  it('files nothing when it is written late: a later operation, a repair or a client’s, has changed the resource', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const kind = counterKind({ value: 5, fail: () => undefined, taken: [] }, one, 'repair');
    const idle = [{ subject: 'other', generation: 1, subjects: ['other'], eventNames: ['other'], desired: 6 }];
    const scan = async (since: number) => {
      const session = withIdle(sessionOf(database, registration), idle, since);
      const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 0 });
      return (await reconciler.scan(kind, ['other'], () => false)).repairs;
    };
    expect(await scan(0)).toEqual(['other']);
    await database.write([
      statement("UPDATE operations SET status = 'succeeded', finished_ms = unixepoch() * 1000"),
      statement('DELETE FROM operation_subjects'),
    ]);
    expect(await scan(0)).toEqual([]);
    await database.write([statement("UPDATE operations SET principal = 'client'")]);
    expect(await scan(0)).toEqual([]);
    expect(await scan(1)).toEqual(['other']);
  });

  it('does not repair in a hot loop what is undone again and again', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const counter: Counter = { value: 5, fail: () => undefined, taken: [] };
    const kind = counterKind(counter, { before: 0, after: 0, total: 1 }, 'repair');
    const idle = [{ subject: 'other', generation: 1, subjects: ['other'], eventNames: ['other'], desired: 6 }];
    const session = withIdle(sessionOf(database, registration), idle);
    const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 0 });
    let repairs = 0;
    for (let scan = 0; scan < 50; scan += 1) {
      repairs += (await reconciler.scan(kind, ['other'], () => false)).repairs.length;
      await database.write([
        statement("UPDATE operations SET status = 'succeeded', finished_ms = unixepoch() * 1000"),
        statement('DELETE FROM operation_subjects'),
      ]);
    }
    expect(repairs).toBe(10);
  });
});

describe('a scan in a thread', () => {
  it('reads no rows, does not observe or plan on the loop, and files the repairs', async () => {
    const { database, registration, kind, reconciler } = await thatIsComparedElsewhere();
    const findings = await reconciler.scan(kind, 'all', (names) => names.includes('id of b'));
    expect(findings.repairs).toEqual(['a']);
    expect(database.take()).toEqual({ 'scan.held': 1, 'scan.write': 1 });
    const [rows] = await database.read([
      statement('SELECT resource, kind, generation, hypervisor FROM operations WHERE resource IS NOT NULL'),
    ]);
    expect(rows).toEqual([{ resource: 'a', kind: 'test.do', generation: 7, hypervisor: registration.hypervisor }]);
  });

  it('fails with the error of the thread, and files nothing', async () => {
    const { database, kind, reconciler } = await thatIsComparedElsewhere();
    const failing: Kind = { ...kind, compare: async () => Promise.reject(new Error('no answer')) };
    await expect(reconciler.scan(failing, 'all', () => false)).rejects.toThrow('no answer');
    expect(database.take()).toEqual({});
  });
});

/** A kind whose differences `a` and `b` are found outside the loop. */
async function thatIsComparedElsewhere() {
  const plain = await temporaryDatabase();
  const registration = await register(plain, 'host1', hypervisorId, machine);
  const database = new CountingDatabase(plain);
  const own = () => {
    throw new Error('this is not for the loop to do');
  };
  const family = counterKind({ value: 5, fail: () => undefined, taken: [] }, one, 'repair');
  const differences = ['a', 'b'].map((subject) => ({
    ...{
      subject,
      repairKind: 'test.do',
      generation: 7,
      since: 9e9,
      subjects: [subject],
      eventNames: [`id of ${subject}`],
    },
    ...{ steps: [{ name: 'count.up', item: null }], problem: null, removes: false },
  }));
  const kind: Kind = {
    ...family,
    resource: { ...family.resource, observe: own, observeAll: own, plan: own },
    compare: async () => ({ differences, busy: [], orphans: null }),
  };
  const session = { ...sessionOf(database, registration), loadIdle: own, findOrphans: own };
  const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 0 });
  return { database, registration, kind, reconciler };
}
