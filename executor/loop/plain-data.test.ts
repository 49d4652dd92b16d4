import { expect, it, onTestFinished } from 'vitest';
import { register } from '../../schema/store/registration.ts';
import type { ExecutorSession } from '../../schema/store/store.ts';
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
} from '../../test/support/loop.ts';
import { until } from '../../test/support/until.ts';
import { Executor } from './executor.ts';

/** The same session, whose methods take and return copies: data that cannot be sent to another process is an error. */
function copying(session: ExecutorSession, called: Set<string>): ExecutorSession {
  const isPlain = (name: string) => !['registration', 'subscribe', 'loadIdle', 'note', 'whyFenced'].includes(name);
  const methods = Object.entries(session).filter(([name]) => isPlain(name));
  return {
    ...session,
    ...Object.fromEntries(
      methods.map(([name, method]) => [
        name,
        async (...args: unknown[]) => {
          called.add(name);
          return structuredClone(await Reflect.apply(method, session, structuredClone(args)));
        },
      ]),
    ),
  };
}

it('the loop and the database exchange plain data only', async () => {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const called = new Set<string>();
  const kinds = [counterKind(counting(), { ...one, after: 3 })];
  const executor = new Executor({
    ...{ session: copying(sessionOf(database, registration, kinds), called), kinds, onFatal: () => undefined },
    ...executorDefaults({ progress: 0 }),
  });
  onTestFinished(() => executor.close());
  await executor.start();
  await file(database, 'a');
  await until('it has ended', async () => (await states(database))[0]?.status === 'succeeded');
  const work = ['poll', 'claim', 'load', 'report', 'renew', 'findOldest', 'readRemovalHold', 'recordScan'];
  await until('all of that was called', () => work.every((name) => called.has(name)));
  expect(await states(database)).toEqual([{ id: 'a', status: 'succeeded', attempt: 1, error: null }]);
});
