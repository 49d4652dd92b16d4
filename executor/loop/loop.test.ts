import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { type Registration, register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import {
  type Counter,
  counterKind,
  executorDefaults,
  file,
  hypervisorId,
  machine,
  type OperationState,
  renew,
  sessionOf,
  states,
  take,
} from '../../test/support/loop.ts';
import { until } from '../../test/support/until.ts';
import { NetnsError, refusal } from '../drivers/netns/errors.ts';
import type { Change, Step } from '../kinds/resource.ts';
import { Executor } from './executor.ts';

describe('register', () => {
  it('takes a new epoch at each start, and makes pending what the last one left running', async () => {
    const database = await temporaryDatabase();
    const first = await register(database, 'host1', hypervisorId, machine);
    await file(database, 'a');
    expect(await take(database, first)).toEqual(['a']);
    const second = await register(database, 'host1', hypervisorId, machine);
    expect(second).toEqual({ ...first, epoch: 2, restoreGeneration: 2, sequence: 1 });
    expect(await take(database, second)).toEqual(['a']);
  });

  it('adopts an existing row, by its name or its id', async () => {
    const database = await temporaryDatabase();
    await database.write([
      statement(
        "INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) VALUES ('0aaaaaaa-0000-4000-8000-000000000000', 'rack7', 0, '{}', 0)",
      ),
    ]);
    expect((await register(database, 'rack7', hypervisorId, machine)).hypervisor).toBe(
      '0aaaaaaa-0000-4000-8000-000000000000',
    );
    expect((await register(database, '0AAAAAAA-0000-4000-8000-000000000000', hypervisorId, machine)).name).toBe(
      'rack7',
    );
  });

  it('refuses the name of another machine, and names the variable to set', async () => {
    const database = await temporaryDatabase();
    await register(database, 'host1', hypervisorId, machine);
    await expect(
      register(database, 'host1', hypervisorId, { ...machine, machineId: 'machine-2' }),
    ).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('WEFT_HYPERVISOR'),
    });
  });
});

describe('a database that was restored to an earlier time', () => {
  it('is detected though no executor has started since its backup, and its pending operations wait', async () => {
    const database = await temporaryDatabase();
    const first = await register(database, 'host1', hypervisorId, machine);
    await file(database, 'a');
    const seen = { ...first, sequence: first.sequence + 2 };
    const second = await register(database, 'host1', hypervisorId, machine, seen);
    const [[row]] = await database.read([statement<{ held: string }>('SELECT held FROM hypervisors')]);
    expect(JSON.parse(row?.held ?? 'null')).toMatchObject({ reason: 'restored', sequence: 1 });
    await file(database, 'b');
    expect(await take(database, second)).toEqual(['b']);
    await database.write([statement('UPDATE hypervisors SET held = NULL')]);
    expect(await take(database, second)).toEqual(['a']);
    await register(database, 'host1', hypervisorId, machine, { ...second, sequence: 2 });
    expect((await database.read([statement('SELECT held FROM hypervisors')]))[0]).toEqual([{ held: null }]);
  });
});

describe('claim', () => {
  it('keeps the order of operations that share a subject, and takes all others at once', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    await file(database, 'make', { subjects: ['cen', 'x'] });
    await file(database, 'join', { subjects: ['cen', 'y'] });
    await file(database, 'delete', { subjects: ['y'] });
    await file(database, 'other', { subjects: ['z'] });
    expect(await take(database, registration)).toEqual(['make', 'other']);
    expect(await take(database, registration)).toEqual([]);
  });

  it('takes no more than it is asked to, oldest first', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    for (const id of ['a', 'b', 'c']) await file(database, id);
    expect(await take(database, registration, 2)).toEqual(['a', 'b']);
  });

  it('claims nothing for an older epoch', async () => {
    const database = await temporaryDatabase();
    const old = await register(database, 'host1', hypervisorId, machine);
    await register(database, 'host1', hypervisorId, machine);
    await file(database, 'a');
    expect(await take(database, old)).toEqual([]);
    await expect(renew(database, old)).rejects.toMatchObject({ reason: 'fenced' });
  });
});

async function running(
  counter: Counter,
  change: Change<number>,
): Promise<{ database: Database; lost: unknown[]; registration: Registration }> {
  const database = await temporaryDatabase();
  const registration = await register(database, 'host1', hypervisorId, machine);
  const lost: unknown[] = [];
  const kinds = [counterKind(counter, change)];
  const executor = new Executor({
    session: sessionOf(database, registration, kinds),
    kinds,
    onFatal: (reason) => lost.push(reason),
    ...executorDefaults(),
  });
  onTestFinished(() => executor.close());
  await executor.start();
  return { database, lost, registration };
}

async function ended(database: Database): Promise<OperationState[]> {
  await until('all have ended', async () =>
    (await states(database)).every(({ status }) => status === 'succeeded' || status === 'failed'),
  );
  return states(database);
}

const busy = new NetnsError({ code: 'busy', action: 'count', detail: 'busy', errno: 'EBUSY', kernelText: null });
const foreign = new NetnsError({
  code: 'foreign',
  action: 'count',
  detail: 'it is not ours',
  errno: null,
  kernelText: null,
});

describe('an operation', () => {
  it('continues until the host reads back as desired', async () => {
    const counter: Counter = { value: 0, fail: () => undefined, taken: [] };
    const { database } = await running(counter, { before: 0, after: 3, total: 3 });
    await file(database, 'a');
    expect(await ended(database)).toEqual([{ id: 'a', status: 'succeeded', attempt: 1, error: null }]);
    expect(counter.taken).toEqual(['count.up', 'count.up', 'count.up']);
  });

  it('with a transient error is retried', async () => {
    let refusals = 2;
    const counter: Counter = { value: 0, fail: () => (refusals-- > 0 ? busy : undefined), taken: [] };
    const { database } = await running(counter, { before: 0, after: 1, total: 1 });
    await file(database, 'a');
    expect(await ended(database)).toEqual([{ id: 'a', status: 'succeeded', attempt: 3, error: null }]);
  });

  it('whose lease expired in a driver is continued without an error', async () => {
    let refusals = 1;
    const expired = refusal('expired', 'create veth c1.0o', 'the lease on this host expired');
    const errors: unknown[] = [];
    const counter: Counter = { value: 0, fail: () => (refusals-- > 0 ? expired : undefined), taken: [] };
    const { database } = await running(counter, { before: 0, after: 1, total: 1 });
    onTestFinished(database.subscribe(async () => errors.push((await states(database))[0]?.error ?? null)));
    await file(database, 'a');
    expect(await ended(database)).toEqual([{ id: 'a', status: 'succeeded', attempt: 2, error: null }]);
    expect(new Set(errors)).toEqual(new Set([null]));
  });

  it('that fails permanently is undone, and reports the step and the host’s message', async () => {
    const counter: Counter = {
      value: 0,
      fail: ({ name }) => (name === 'count.up' && counter.value === 2 ? foreign : undefined),
      taken: [],
    };
    const { database } = await running(counter, { before: 0, after: 3, total: 3 });
    await file(database, 'a');
    expect(await ended(database)).toEqual([{ id: 'a', status: 'failed', attempt: 1, error: 'count: it is not ours' }]);
    expect(counter.taken).toEqual(['count.up', 'count.up', 'count.down', 'count.down']);
    const [rows] = await database.read([statement("SELECT step, error ->> '$.status' AS code FROM operations")]);
    expect(rows).toEqual([{ step: 'count.up', code: 409 }]);
  });

  it('fails if it could not be finished before its deadline', async () => {
    const counter: Counter = { value: 0, fail: ({ name }) => (name === 'count.up' ? busy : undefined), taken: [] };
    const { database } = await running(counter, { before: 0, after: 1, total: 1 });
    await file(database, 'a');
    await until('it was tried twice', async () => ((await states(database))[0]?.attempt ?? 0) > 1);
    await database.write([statement('UPDATE operations SET deadline_ms = 1')]);
    const [operation] = await ended(database);
    expect(operation).toMatchObject({ status: 'failed', error: expect.stringContaining('count: busy (EBUSY)') });
  });

  it('of an unknown kind fails and reports that', async () => {
    const { database } = await running(
      { value: 0, fail: () => undefined, taken: [] },
      { before: 0, after: 1, total: 1 },
    );
    await file(database, 'a');
    await ended(database);
    await database.write([statement("UPDATE operations SET kind = 'other.do', status = 'pending'")]);
    expect(await ended(database)).toMatchObject([
      { status: 'failed', error: 'Unsupported kind of operation: other.do' },
    ]);
  });

  it('that never reaches the desired state is a conflict, not a loop', async () => {
    const counter: Counter = { value: 0, fail: () => undefined, taken: [] };
    const { database } = await running(counter, { before: 0, after: 1000, total: 1 });
    await file(database, 'a');
    expect(await ended(database)).toMatchObject([
      { status: 'failed', error: expect.stringContaining('something else keeps changing it') },
    ]);
  });
});

describe('a list', () => {
  it('ends with its last part, and fails if one of them fails', async () => {
    const counter: Counter = { value: 1, fail: () => undefined, taken: [] };
    const { database } = await running(counter, { before: 1, after: 1, total: 1 });
    await file(database, 'list', { subjects: [] });
    const [rows] = await database.read([statement<{ sequence: number }>('SELECT sequence FROM operations')]);
    const parent = rows[0]?.sequence ?? 0;
    await file(database, 'part1', { parent });
    await file(database, 'part2', { parent, kind: 'other.do' });
    expect(await ended(database)).toEqual([
      { id: 'list', status: 'failed', attempt: 0, error: '1 of 2 failed: Unsupported kind of operation: other.do' },
      { id: 'part1', status: 'succeeded', attempt: 1, error: null },
      { id: 'part2', status: 'failed', attempt: 1, error: 'Unsupported kind of operation: other.do' },
    ]);
  });
});

describe('an executor that a newer start has replaced', () => {
  it('writes no report and ends', async () => {
    let proceed: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const counter: Counter = { value: 0, fail: () => undefined, taken: [] };
    const change: Change<number> = { before: 0, after: 1, total: 1 };
    const slow = counterKind(counter, change);
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    const lost: unknown[] = [];
    const resource = { ...slow.resource, apply: (step: Step) => gate.then(() => slow.resource.apply(step)) };
    const executor = new Executor({
      session: sessionOf(database, registration, [slow]),
      kinds: [{ ...slow, resource }],
      onFatal: (reason) => lost.push(reason),
      ...executorDefaults(),
    });
    onTestFinished(() => executor.close());
    await executor.start();
    await file(database, 'a');
    await until('it runs', async () => (await states(database))[0]?.status === 'running');
    await register(database, 'host1', hypervisorId, machine);
    proceed();
    await until('it is lost', () => lost.length > 0);
    expect(lost[0]).toBeInstanceOf(Problem);
    expect(await states(database)).toEqual([{ id: 'a', status: 'pending', attempt: 1, error: null }]);
  });
});

describe('a lease', () => {
  const lapsed = "UPDATE operations SET lease_until_ms = 1 WHERE status = 'running'";
  const leaseIsLong = async (database: Database) =>
    (
      await database.read([
        statement<{ long: number }>('SELECT lease_until_ms > unixepoch() * 1000 AS long FROM operations'),
      ])
    )[0][0]?.long;

  it('is renewed for all operations that this process owns', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    await file(database, 'a');
    await take(database, registration);
    await database.write([statement(lapsed)]);
    expect(await leaseIsLong(database)).toBe(0);
    await renew(database, registration, [1]);
    expect(await leaseIsLong(database)).toBe(1);
  });

  it('that expired, of an older epoch, is taken over', async () => {
    const database = await temporaryDatabase();
    const registration = await register(database, 'host1', hypervisorId, machine);
    await file(database, 'a');
    await take(database, registration);
    await database.write([statement(lapsed), statement('UPDATE hypervisors SET epoch = 2')]);
    await renew(database, { ...registration, epoch: 2 });
    expect(await take(database, { ...registration, epoch: 2 })).toEqual(['a']);
  });
});
