import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, statement } from '../../schema/database/database.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { query } from '../../schema/resources/definition.ts';
import { register } from '../../schema/store/registration.ts';
import { CountingDatabase } from '../../test/support/counting-database.ts';
import { temporaryDatabase, temporaryDirectory } from '../../test/support/database.ts';
import { startLibsqlServer } from '../../test/support/libsql-server.ts';
import {
  type Counter,
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
import { NetnsError } from '../drivers/netns/errors.ts';
import type { Kind } from '../kinds/kind.ts';
import { Executor } from './executor.ts';
import type { LoopTimes } from './times.ts';

/* The calls of an executor to its database: over HTTP each call is a request, with a round trip and a price. */

async function openServed(): Promise<{ database: Database; requests: readonly object[] }> {
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'));
  const database = openRemote(server.url);
  onTestFinished(async () => {
    database.close();
    await server.close();
  });
  await migrate(database);
  return { database, requests: server.requests };
}

/** Two kinds of a resource that reads rows for its operations. */
function readingKinds(counter: Counter): Kind[] {
  return ['test.do', 'other.do'].map((operation) => {
    const kind = counterKind(counter, one);
    const load: Kind['definition']['load'] = () =>
      query([statement<{ kind: string }>('SELECT :operation AS kind', { operation })], ([[row]]) => {
        expect(row?.kind).toBe(operation);
        return () => null;
      });
    const definition = { ...kind.definition, load, operations: { [operation]: { onFailure: 'undo' } } } as const;
    return { ...kind, definition };
  });
}

/** An executor that has started and finished its first scan; and its database. */
async function working(others: Database, times: Partial<LoopTimes>, counter: Counter = counting()) {
  const database = new CountingDatabase(others);
  const registration = await register(database, 'host1', hypervisorId, machine);
  const kinds = readingKinds(counter);
  const executor = new Executor({
    ...{ session: sessionOf(database, registration, kinds), kinds, onFatal: () => undefined },
    ...executorDefaults(times),
  });
  onTestFinished(() => executor.close());
  await executor.start();
  for (const call of ['poll', 'prune', 'scan.write']) {
    await until(`${call} was called`, () => database.calls.some((each) => each.call === call));
  }
  return { database, executor };
}

const HOUR = 3_600_000;

/** Only its own polls find operations: no doorbell rings. */
const POLLS = { renew: HOUR, heartbeat: HOUR, lease: HOUR };

const ended = (database: Database) =>
  until('all have ended', async () => (await states(database)).every(({ status }) => status === 'succeeded'));

describe('an idle executor', () => {
  it('polls with one read of one statement, and writes only its heartbeat', async () => {
    const { database: served, requests } = await openServed();
    const before = requests.length;
    const { database, executor } = await working(served, { poll: 5, renew: 20, heartbeat: 40 });
    const from = database.calls.length;
    const idle = () => database.calls.slice(from);
    const count = (wanted: string) => idle().filter(({ call }) => call === wanted).length;
    await until('it has asked again and again', () => count('poll') >= 20 && count('heartbeat') >= 2);
    const beats = { call: 'heartbeat', mode: 'write', statements: 2 };
    expect(new Set(idle().map((each) => JSON.stringify(each)))).toEqual(
      new Set([{ call: 'poll', mode: 'read', statements: 1 }, beats].map((each) => JSON.stringify(each))),
    );
    await executor.close();
    expect(requests.length - before).toBe(database.calls.length);
  });
});

describe('a recorded operation', () => {
  it('is claimed, loaded and reported in one request each, together with all others of any kind', async () => {
    const { database: served } = await openServed();
    for (let each = 0; each < 10; each += 1) {
      await file(served, `o${each}`, { kind: each % 2 === 0 ? 'test.do' : 'other.do' });
    }
    const { database } = await working(served, { ...POLLS, poll: HOUR }, { ...counting(), value: 1 });
    await ended(served);
    expect(database.take()).toMatchObject({ claim: 1, load: 1, report: 1 });
  });

  it('in the same process is claimed in the commit that records it', async () => {
    const embedded = await temporaryDatabase();
    const { database } = await working(embedded, { ...POLLS, poll: HOUR });
    database.take();
    await file(database, 'a');
    await ended(embedded);
    expect(database.take()).not.toHaveProperty('poll');
  });
});

describe('an operation that waits', () => {
  it('for another operation is claimed when that has ended; for its own pause, when that is over', async () => {
    const busy = new NetnsError({ code: 'busy', action: 'count', detail: 'busy', errno: 'EBUSY', kernelText: null });
    let refusals = 1;
    const counter = { ...counting(), fail: () => (refusals-- > 0 ? busy : undefined) };
    const { database: served } = await openServed();
    const { database } = await working(served, { ...POLLS, poll: HOUR }, counter);
    await file(database, 'first', { subjects: ['same'] });
    await file(database, 'second', { subjects: ['same'] });
    await ended(served);
    expect((await states(served)).map(({ attempt }) => attempt)).toEqual([2, 1]);
  });
});
