import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { register } from '../registration.ts';
import { type Counter, counterKind, hypervisorId, machine, openDatabase } from '../testing.ts';
import { Reconciler } from './reconciler.ts';

describe('a look at the host', () => {
  it('files one repair for what differs, and less and less often for what goes on failing', async () => {
    const database = await openDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const counter: Counter = { value: 5, fail: () => undefined, taken: [] };
    const family = counterKind(counter, { before: 0, after: 0, total: 1, onFailure: 'repair' });
    const resting = [
      { subject: 'same', generation: 1, subjects: ['same'], touchedBy: ['same'], desired: 5 },
      { subject: 'other', generation: 1, subjects: ['other', 'more'], touchedBy: ['other'], desired: 6 },
    ];
    const records = { ...family.records, loadResting: async () => ({ resting, busy: [] }) };
    const kind = { ...family, records };
    const reconciler = new Reconciler({ database, registration, kinds: [kind], graceMs: 0, scanMs: 0 });
    const look = async () => (await reconciler.look(kind, 'all', () => false)).repairs;
    expect(await look()).toEqual(['other']);
    const [subjects] = await database.read([statement('SELECT subject FROM operation_subjects ORDER BY subject')]);
    expect(subjects).toEqual([{ subject: 'more' }, { subject: 'other' }]);

    // The repair is unfinished: a second one is not filed, however often a look finds the same.
    expect(await look()).toEqual([]);

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
      while ((await look()).length === 0) {
        await pass(minute / 4);
        waited += minute / 4;
      }
      pauses.push(waited / minute);
    }
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 10, 10]);
  });

  it('does not repair what is undone again and again in a hot loop', async () => {
    const database = await openDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const counter: Counter = { value: 5, fail: () => undefined, taken: [] };
    const family = counterKind(counter, { before: 0, after: 0, total: 1, onFailure: 'repair' });
    const resting = [{ subject: 'other', generation: 1, subjects: ['other'], touchedBy: ['other'], desired: 6 }];
    const records = { ...family.records, loadResting: async () => ({ resting, busy: [] }) };
    const kind = { ...family, records };
    const reconciler = new Reconciler({ database, registration, kinds: [kind], graceMs: 0, scanMs: 0 });
    let repairs = 0;
    for (let look = 0; look < 50; look += 1) {
      repairs += (await reconciler.look(kind, ['other'], () => false)).repairs.length;
      await database.write([
        statement("UPDATE operations SET status = 'succeeded', finished_ms = unixepoch() * 1000"),
        statement('DELETE FROM operation_subjects'),
      ]);
    }
    expect(repairs).toBe(10);
  });
});
