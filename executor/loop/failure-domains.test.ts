import { describe, expect, it, onTestFinished } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import type { Changed } from '../../schema/resources/definition.ts';
import { register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import {
  counterKind,
  counting,
  executorDefaults,
  file,
  hypervisorId,
  machine,
  one,
  sessionOf,
  states,
  withIdle,
} from '../../test/support/loop.ts';
import { until } from '../../test/support/until.ts';
import type { Health } from '../kinds/health.ts';
import type { Kind } from '../kinds/kind.ts';
import { Executor } from './executor.ts';
import { Reconciler } from './reconcile/reconciler.ts';

/** Two technologies; the second is away until the test makes it available. */
async function two({ failsToScan = false }: { failsToScan?: boolean } = {}) {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const other = counting();
  const state: { health: Health; scans: number } = { health: { available: false, reason: 'it restarts' }, scans: 0 };
  const near = counterKind(counting(), one);
  const far: Kind = {
    ...counterKind(other, one),
    definition: { ...near.definition, technology: 'libvirt', operations: { 'far.do': { onFailure: 'undo' } } },
    health: () => (failsToScan ? { available: true } : state.health),
    resource: {
      ...counterKind(other, one).resource,
      observeAll: async () => {
        state.scans += 1;
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
  it('its operations wait, those of another run, and it continues when it is back', async () => {
    const { database, other, state } = await two();
    await file(database, 'far', { kind: 'far.do' });
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    expect(await statusOf(database, 'far')).toEqual({ id: 'far', status: 'pending', attempt: 0, error: null });
    state.health = { available: true };
    await until('it is done', async () => (await statusOf(database, 'far'))?.status === 'succeeded');
    expect(other.value).toBe(1);
  });

  it('an operation that has not begun fails at its deadline, with the reason', async () => {
    const { database, other } = await two();
    await file(database, 'far', { kind: 'far.do', deadlineMs: -1 });
    await until('it has failed', async () => (await statusOf(database, 'far'))?.status === 'failed');
    expect((await statusOf(database, 'far'))?.error).toBe('far.do could not begin before its deadline: it restarts');
    expect(other.taken).toEqual([]);
  });

  it('an operation that has begun waits beyond its deadline, and ends according to the host', async () => {
    const { database, other, state } = await two();
    // Filed with its attempt in one batch: with attempt 0 it would fail at once.
    await file(database, 'far', { kind: 'far.do', deadlineMs: -1, attempt: 1 });
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    expect((await statusOf(database, 'far'))?.status).toBe('pending');
    other.value = 1;
    state.health = { available: true };
    await until('it is done', async () => (await statusOf(database, 'far'))?.status === 'succeeded');
  });

  it('that cannot be observed is scanned less and less often, and work on the other continues', async () => {
    const { database, state } = await two({ failsToScan: true });
    await until('it was scanned again', () => state.scans > 2);
    await file(database, 'near');
    await until('the other is done', async () => (await statusOf(database, 'near'))?.status === 'succeeded');
    const [rows] = await database.read([statement("SELECT 1 FROM operations WHERE principal = 'executor'")]);
    expect(rows).toEqual([]);
  });
});

it('a scan that began before an event files no repair for the resources that the event names', async () => {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const kind = counterKind({ ...counting(), value: 5 }, one);
  const idle = ['a', 'b'].map((subject) => ({
    ...{ subject, generation: 1, subjects: [subject], eventNames: [`id of ${subject}`], desired: 6 },
  }));
  const session = withIdle(sessionOf(database, registration), idle);
  const reconciler = new Reconciler({ session, kinds: [kind], graceMs: 0, scanMs: 1 });
  const changed: Changed = ['id of a', 'id of b'];
  const findings = await reconciler.scan(kind, changed, (names) => names.includes('id of a'));
  expect(findings.repairs).toEqual(['b']);
});
