import { describe, expect, it, onTestFinished } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import type { Changed } from '../../schema/resources/definition.ts';
import { register } from '../../schema/store/registration.ts';
import {
  counterKind,
  counting,
  executorDefaults,
  file,
  hypervisorId,
  machine,
  one,
  openDatabase,
  sessionOf,
  states,
  withIdle,
} from '../../test/support/loop.ts';
import { until } from '../../test/support/until.ts';
import type { Health } from '../kinds/health.ts';
import type { Kind } from '../kinds/kind.ts';
import { Executor } from './executor.ts';
import { Reconciler } from './reconcile/reconciler.ts';

/** Two technologies, the second of which is away until it is told to be back. */
async function two({ failsToLook = false }: { failsToLook?: boolean } = {}) {
  const database = await openDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const other = counting();
  const state: { health: Health; looks: number } = { health: { available: false, reason: 'it restarts' }, looks: 0 };
  const near = counterKind(counting(), one);
  const far: Kind = {
    ...counterKind(other, one),
    definition: { ...near.definition, technology: 'libvirt', operations: { 'far.do': { onFailure: 'undo' } } },
    health: () => (failsToLook ? { available: true } : state.health),
    resource: {
      ...counterKind(other, one).resource,
      observeAll: async () => {
        state.looks += 1;
        throw new Error('no answer');
      },
    },
  };
  const executor = new Executor({
    ...{ session: sessionOf(database, registration, [far, near]), kinds: [far, near], onFatal: () => undefined },
    ...executorDefaults({ scan: 20 }),
  });
  onTestFinished(() => executor.close());
  await executor.start();
  return { database, registration, other, state };
}

const statusOf = async (database: Parameters<typeof states>[0], id: string) =>
  (await states(database)).find((each) => each.id === id);

describe('while a technology is away', () => {
  it('its operations wait untouched, those of another are done, and it goes on when it is back', async () => {
    const { database, other, state } = await two();
    await file(database, 'far', { kind: 'far.do' });
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    expect(await statusOf(database, 'far')).toEqual({ id: 'far', status: 'pending', attempt: 0, error: null });
    state.health = { available: true };
    await until('it is done', async () => (await statusOf(database, 'far'))?.status === 'succeeded');
    expect(other.value).toBe(1);
  });

  it('what it never touched fails at its deadline, and says why', async () => {
    const { database, other } = await two();
    await file(database, 'far', { kind: 'far.do', deadlineMs: -1 });
    await until('it has failed', async () => (await statusOf(database, 'far'))?.status === 'failed');
    expect((await statusOf(database, 'far'))?.error).toBe('far.do could not begin before its deadline: it restarts');
    expect(other.taken).toEqual([]);
  });

  it('what it has touched waits for it beyond the deadline, and ends as the host is', async () => {
    const { database, other, state } = await two();
    // Filed with its attempt in one batch: an attempt of 0 would fail at once.
    await file(database, 'far', { kind: 'far.do', deadlineMs: -1, attempt: 1 });
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    expect((await statusOf(database, 'far'))?.status).toBe('pending');
    other.value = 1;
    state.health = { available: true };
    await until('it is done', async () => (await statusOf(database, 'far'))?.status === 'succeeded');
  });

  it('that cannot be looked at is looked at less and less often, and the work on the other goes on', async () => {
    const { database, state } = await two({ failsToLook: true });
    await until('it was looked at again', () => state.looks > 2);
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    const [rows] = await database.read([statement("SELECT 1 FROM operations WHERE principal = 'executor'")]);
    expect(rows).toEqual([]);
  });
});

it('a look that began before an event files no repair for what the event named', async () => {
  const database = await openDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const kind = counterKind({ ...counting(), value: 5 }, one);
  const idle = ['a', 'b'].map((subject) => ({
    ...{ subject, generation: 1, subjects: [subject], eventNames: [`id of ${subject}`], desired: 6 },
  }));
  const session = withIdle(sessionOf(database, registration), idle);
  const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 1 });
  const changed: Changed = ['id of a', 'id of b'];
  const findings = await reconciler.look(kind, changed, (names) => names.includes('id of a'));
  expect(findings.repairs).toEqual(['b']);
});
