import { expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import type { Labelled, ListedOrphans } from '../../../schema/resources/definition.ts';
import { register } from '../../../schema/store/registration.ts';
import { temporaryDatabase } from '../../../test/support/database.ts';
import { counterKind, hypervisorId, machine, one, sessionOf } from '../../../test/support/loop.ts';
import type { Kind } from '../../kinds/kind.ts';
import { Reconciler } from './reconciler.ts';

const orphans: readonly Labelled[] = Array.from({ length: 20 }, (_, number) => ({
  ...{ kind: 'image', place: null, name: `x:${number}`, label: `weft:db/x${number}`, resource: `x${number}` },
}));

const listedOrphans: ListedOrphans = {
  ...{ kind: 'image', adopt: 'test.adopt', discard: 'test.discard', insertRow: '', isOwned: '' },
  resourceOnHost: (name) => name,
};

/** A host where everything of one kind is an orphan, whose grace time is over when it was seen twice. */
async function stage(isListed: boolean) {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const family = counterKind({ value: 5, fail: () => undefined, taken: [] }, one, 'repair');
  const kind: Kind = {
    ...family,
    definition: { ...family.definition, ...(isListed ? { listedOrphans } : {}) },
    resource: { ...family.resource, labels: { kinds: ['image'], find: () => [] } },
    compare: async () => ({ differences: [], busy: [], orphans: { labelled: 20, orphans } }),
  };
  const reconciler = new Reconciler({
    session: sessionOf(database, registration),
    kinds: [kind],
    graceMs: 0,
    scanMs: 0,
  });
  const read = async (sql: string) => (await database.read([statement(sql)]))[0];
  return { database, kind, reconciler, read };
}

it('orphans that a kind only lists are recorded, but neither removed nor a reason to hold removals', async () => {
  const { kind, reconciler, read } = await stage(true);
  for (let scan = 0; scan < 3; scan += 1) {
    expect(await reconciler.scan(kind, 'all', () => false)).toMatchObject({ collected: 0, hold: null });
  }
  expect(await read('SELECT count(*) AS count, min(scans) AS scans FROM orphans')).toEqual([{ count: 20, scans: 2 }]);
  expect(await read('SELECT held FROM hypervisors')).toEqual([{ held: null }]);
  expect(await read('SELECT kind FROM operations')).toEqual([]);
});

it('and do not end the hold that those of another kind have caused', async () => {
  const { database, kind, reconciler, read } = await stage(true);
  const held = JSON.stringify({ reason: 'orphans', detail: 'many', hint: 'look' });
  await database.write([statement('UPDATE hypervisors SET held = :held', { held })]);
  await reconciler.scan(kind, 'all', () => false);
  expect(await read('SELECT held FROM hypervisors')).toEqual([{ held }]);
});

it('so many of any other kind hold removals', async () => {
  const { kind, reconciler } = await stage(false);
  expect(await reconciler.scan(kind, 'all', () => false)).toMatchObject({ hold: { reason: 'orphans' } });
});
