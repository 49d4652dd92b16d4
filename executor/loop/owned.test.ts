import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, DatabaseError, guard, statement } from '../../schema/database/database.ts';
import { register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
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
import type { Kind } from '../kinds/kind.ts';
import { Executor } from './executor.ts';
import type { LoopTimes } from './times.ts';

type Call = (batch: () => Promise<unknown>, turn: number) => Promise<unknown>;

const away = () => new DatabaseError('unavailable', 'test', 'the database does not answer');
const lost = () => new DatabaseError('unavailable', 'test', 'the answer was lost', { committed: 'unknown' });

/** The same database, with calls of these names replaced; `turn` counts them from 1. */
function between(database: Database, calls: Readonly<Record<string, Call>>): Database {
  const turns = new Map<string, number>();
  const run = (name: string, batch: () => Promise<unknown>): Promise<unknown> => {
    const turn = (turns.get(name) ?? 0) + 1;
    turns.set(name, turn);
    return calls[name]?.(batch, turn) ?? batch();
  };
  return {
    ...database,
    write: (statements, options) => run(options?.call ?? '', () => database.write(statements, options)) as never,
    read: (statements, options) => run(options?.call ?? '', () => database.read(statements, options)) as never,
  };
}

const once =
  (failing: Call): Call =>
  (batch, turn) =>
    turn === 1 ? failing(batch, turn) : batch();
const failed: Call = () => Promise.reject(away());
const answerLost: Call = async (batch) => {
  await batch();
  throw lost();
};

interface Setting {
  readonly kinds?: (database: Database) => readonly Kind[];
  readonly calls?: Readonly<Record<string, Call>>;
  readonly times?: Partial<LoopTimes>;
}

async function working({ kinds, calls = {}, times = {} }: Setting = {}) {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const counter = counting();
  const writes: string[] = [];
  const recorded: Database = {
    ...database,
    write: (statements, options) => {
      writes.push(options?.call ?? '');
      return database.write(statements, options);
    },
  };
  const own = kinds?.(database) ?? [counterKind(counter, one)];
  const executor = new Executor({
    ...{ session: sessionOf(between(recorded, calls), registration, own), onFatal: () => undefined },
    kinds: own,
    ...executorDefaults(times),
  });
  onTestFinished(() => executor.close());
  await executor.start();
  return { database, counter, writes };
}

async function ended(database: Database) {
  await until('all have ended', async () =>
    (await states(database)).every(({ status }) => status === 'succeeded' || status === 'failed'),
  );
  return states(database);
}

const ends = async (database: Database) => {
  const [rows] = await database.read([
    statement<{ count: number }>("SELECT count(*) AS count FROM events WHERE type LIKE 'operation.%'"),
  ]);
  return rows[0]?.count;
};

describe('an operation ends once, without a new start, when', () => {
  it.each<[string, Readonly<Record<string, Call>>]>([
    ['a claim fails', { claim: once(failed) }],
    ['the answer of its claim is lost', { claim: (batch, turn) => (turn < 30 ? answerLost(batch, turn) : batch()) }],
    ['its report fails', { report: once(failed) }],
    ['its report fails again and again', { report: (batch, turn) => (turn < 5 ? failed(batch, turn) : batch()) }],
    ['the answer of its report is lost', { report: once(answerLost) }],
    ['its report is executed twice', { report: (batch) => batch().then(batch) }],
    ['its claims are executed twice', { claim: (batch, turn) => (turn < 30 ? batch().then(batch) : batch()) }],
    ['a renewal fails', { renew: (batch, turn) => (turn < 4 ? failed(batch, turn) : batch()) }],
    ['the answer of a renewal is lost', { renew: once(answerLost) }],
  ])('%s', async (_name, calls) => {
    const { database, counter } = await working({ calls });
    await file(database, 'a');
    expect(await ended(database)).toMatchObject([{ id: 'a', status: 'succeeded', error: null }]);
    expect(counter.value).toBe(1);
    expect(await ends(database)).toBe(1);
  });

  it('it cannot be loaded the first time', async () => {
    const { database } = await working({
      kinds: () => {
        let loads = 0;
        const kind = counterKind(counting(), one);
        const load: Kind['definition']['load'] = (hypervisor, operations) => {
          loads += 1;
          if (loads < 3) throw away();
          return kind.definition.load(hypervisor, operations);
        };
        return [{ ...kind, definition: { ...kind.definition, load } }];
      },
    });
    await file(database, 'a');
    expect(await ended(database)).toMatchObject([{ id: 'a', status: 'succeeded' }]);
  });

  it('the lease expires during its work', async () => {
    let renewals = 0;
    let proceed: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const { database } = await working({
      calls: {
        renew: (batch) => {
          renewals += 1;
          if (renewals === 1 || renewals > 6) return batch();
          return Promise.reject(away());
        },
      },
      times: { lease: 30, renew: 10 },
      kinds: () => {
        const kind = counterKind(counting(), { ...one, after: 2 });
        let first = true;
        const apply: Kind['resource']['apply'] = async (step) => {
          if (first) await gate;
          first = false;
          await kind.resource.apply(step);
        };
        return [{ ...kind, resource: { ...kind.resource, apply } }];
      },
    });
    await file(database, 'a');
    await until('renewals failed for longer than the lease', () => renewals >= 6);
    proceed();
    expect(await ended(database)).toMatchObject([{ id: 'a', status: 'succeeded' }]);
  });
});

describe('a report that the database rejects', () => {
  it('fails its own operation, and no other', async () => {
    const { database } = await working({
      kinds: () => {
        const kind = counterKind(counting(), one);
        const finish: Kind['definition']['finish'] = ({ operation: { id } }) => {
          if (id === 'd') throw new TypeError('there is no such row');
          return id === 'c' ? [guard('never', '1 = 2')] : [];
        };
        return [{ ...kind, definition: { ...kind.definition, finish } }];
      },
    });
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const id of ids) await file(database, id);
    expect((await ended(database)).map(({ id, status }) => `${id} ${status}`)).toEqual(
      ids.map((id) => `${id} ${id === 'c' || id === 'd' ? 'failed' : 'succeeded'}`),
    );
  });

  it('because the operation ended meanwhile does not change that end', async () => {
    const { database, counter } = await working({
      calls: {
        report: once(async (batch) => {
          await database.write([
            statement("UPDATE operations SET status = 'cancelled', epoch = NULL, finished_ms = 1"),
          ]);
          return batch();
        }),
      },
    });
    await file(database, 'a');
    await until('it was done', () => counter.value === 1);
    await file(database, 'b', { subjects: ['b'] });
    await until('the other one has ended', async () => (await states(database))[1]?.status === 'succeeded');
    expect((await states(database))[0]).toMatchObject({ id: 'a', status: 'cancelled' });
  });
});

describe('operations of which one cannot be loaded', () => {
  it('end, except for that one, which fails with the reason', async () => {
    const { database } = await working({
      kinds: () => {
        const kind = counterKind(counting(), one);
        const load: Kind['definition']['load'] = (hypervisor, operations) => {
          if (operations.some(({ id }) => id === 'b')) throw new SyntaxError('broken');
          return kind.definition.load(hypervisor, operations);
        };
        return [{ ...kind, definition: { ...kind.definition, load } }];
      },
    });
    for (const id of ['a', 'b', 'c']) await file(database, id);
    expect(await ended(database)).toMatchObject([
      { id: 'a', status: 'succeeded' },
      { id: 'b', status: 'failed', error: 'The operation could not be loaded: broken' },
      { id: 'c', status: 'succeeded' },
    ]);
  });
});

describe('a deadline that passed while the executor was not running', () => {
  it('fails no operation whose host is as desired', async () => {
    const counter: Counter = { ...counting(), value: 1 };
    const { database } = await working({ kinds: () => [counterKind(counter, one)] });
    await file(database, 'a', { deadlineMs: -600_000 });
    expect(await ended(database)).toEqual([{ id: 'a', status: 'succeeded', attempt: 1, error: null }]);
    expect(counter.taken).toEqual([]);
  });

  it('fails and undoes an operation that is incomplete on the host', async () => {
    const counter: Counter = { ...counting(), value: 1 };
    const { database } = await working({ kinds: () => [counterKind(counter, { ...one, after: 2 })] });
    await file(database, 'a', { deadlineMs: -1 });
    expect(await ended(database)).toMatchObject([
      { status: 'failed', error: 'test.do did not end before its deadline' },
    ]);
    expect(counter).toMatchObject({ value: 0, taken: ['count.down'] });
  });
});

describe('an executor that runs as many operations as it can', () => {
  it('waits, and continues when one has ended', async () => {
    let proceed: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const { database, writes } = await working({
      times: { poll: 50, renew: 1_000, heartbeat: 10_000, lease: 60_000 },
      kinds: () => {
        const kind = counterKind(counting(), { ...one, after: 2 });
        const apply: Kind['resource']['apply'] = async (step) => {
          await gate;
          await kind.resource.apply(step);
        };
        return [{ ...kind, resource: { ...kind.resource, apply } }];
      },
    });
    const ids = Array.from({ length: 70 }, (_, index) => `o${index}`);
    for (const id of ids) await file(database, id);
    const running = async () => (await states(database)).filter(({ status }) => status === 'running').length;
    await until('as many run as can', async () => (await running()) === 64);
    writes.length = 0;
    let turns = 0;
    await until('the event loop turns', () => {
      turns += 1;
      return turns === 10;
    });
    expect(writes.filter((call) => call === 'claim')).toEqual([]);
    proceed();
    await until('all have ended', async () =>
      (await states(database)).every(({ status }) => status !== 'pending' && status !== 'running'),
    );
  });
});
