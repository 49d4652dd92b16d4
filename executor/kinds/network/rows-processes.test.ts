import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Ending } from '../../../schema/resources/definition.ts';
import type { SeenProcess } from '../../../schema/resources/network/process.ts';
import { seenProcessesNote } from '../../../schema/resources/network/process-note.ts';
import { failed, PoolsApi, succeeded } from '../../../test/support/pools.ts';
import type { Network } from './desired.ts';
import { seenOf } from './processes.ts';
import type { ObservedProcesses } from './steps.ts';

const able = { netns: { available: true, version: null }, containers: { available: true, version: null } };
const WEB = '/host/host1/web';
const cancelled: Ending = { status: 'cancelled', error: new Problem('cancelled', 'nobody wants it').toJSON() };
const stored = { digest: 'sha256:1', size: 5, created: null };

/** A host on which everything runs that is to run: what was started for an operation has its number. */
function observed({ processes }: Network): ObservedProcesses {
  const runs = processes.flatMap(({ owner, run }) => (run?.process.wanted === 'running' ? [{ owner, ...run }] : []));
  return {
    nowMs: 9_000,
    views: new Map(
      runs.map(({ owner, process, limits }) => [
        owner,
        {
          ...{ owner, number: process.asked, digest: stored.digest, lower: '/', limits, phase: 'running', pid: 5 },
          ...{ startedMs: 1_000, restarts: 0, failures: 0, detached: false, exit: null },
        },
      ]),
    ),
    layers: new Set(),
    images: new Map(runs.map(({ process }) => [process.image, stored])),
    isInstalled: true,
  };
}

/** Ends the first operation that is pending, on such a host. */
async function end(api: PoolsApi, ending: Ending = succeeded): Promise<void> {
  const { change } = await api.next();
  await api.end(ending, observed(ending.status === 'succeeded' ? change.after : change.before));
}

async function succeedAll(api: PoolsApi): Promise<void> {
  while ((await api.read("SELECT 1 FROM operations WHERE status = 'pending'")).length > 0) await end(api);
}

async function stage(...requests: readonly object[]): Promise<PoolsApi> {
  const api = await PoolsApi.start(able);
  await api.database.write([statement('UPDATE hypervisors SET total_memory = 100000, total_cpu = 100')]);
  for (const request of requests) {
    await api.send('PUT', WEB, request);
    await end(api);
  }
  return api;
}

interface Row {
  readonly spec: { readonly process?: object; readonly memory?: number; readonly tag?: string };
  readonly applied: Row['spec'] | null;
  readonly process: { readonly number: number } | null;
  readonly state: string;
}

async function row(api: PoolsApi, name = 'web'): Promise<Row | null> {
  const rows = await api.read<Record<keyof Row, string>>(
    "SELECT spec, coalesce(applied_spec, 'null') AS applied, coalesce(process, 'null') AS process, state FROM containers WHERE name = :name",
    { name },
  );
  const [found] = rows;
  if (found === undefined) return null;
  const { spec, applied, process, state } = found;
  return { spec: JSON.parse(spec), applied: JSON.parse(applied), process: JSON.parse(process), state };
}

/** The process that the next operation wants. */
async function wantedNext(api: PoolsApi) {
  const { change } = await api.next();
  return change.after.processes[0]?.run ?? null;
}

describe('the end of a request for a process', () => {
  it('that succeeded records its numbers, the image that it stands on and what was seen', async () => {
    const api = await stage({ image: 'a', memory: 100 });
    const process = { image: 'a:latest', restart: 'no', wanted: 'running', made: 1, changed: 1, asked: 1 };
    expect(await row(api)).toMatchObject({
      spec: { process: { ...process, digest: stored.digest } },
      applied: { process: { ...process, digest: stored.digest }, memory: 100, namespace: true },
      ...{ process: { number: 1, running: true, started: 1_000 }, state: 'running' },
    });
    expect(await api.read('SELECT name, digest, state FROM images')).toEqual([
      { name: 'a:latest', digest: stored.digest, state: 'ready' },
    ]);
    expect(
      await api.read("SELECT type, subject LIKE '%/containers/web' AS own FROM events WHERE type GLOB 'process.*'"),
    ).toEqual([{ type: 'process.running', own: 1 }]);
  });

  it('that failed leaves nothing of a new container, and what ran before of another', async () => {
    const api = await stage();
    await api.send('PUT', WEB, { image: 'a' });
    await end(api, failed);
    expect(await row(api)).toBeNull();

    const other = await stage({ image: 'a', env: ['A=1'], restart: 'always' });
    const before = await row(other);
    await other.send('PUT', WEB, { image: 'b' });
    await end(other, failed);
    expect(await row(other)).toEqual({ ...before, spec: before?.spec, state: 'failed' });
  });

  it('is not overwritten by a note of an earlier look at the same run, which was late', async () => {
    const api = await stage({ image: 'a' });
    const [{ hypervisor, owner } = { hypervisor: '', owner: '' }] = await api.read<{
      hypervisor: string;
      owner: string;
    }>('SELECT hypervisor, id AS owner FROM containers');
    const running = (await row(api))?.process as SeenProcess;
    const ended = { ...running, running: false, finished: 1_020, exit_code: 1 };
    for (const seen of [ended, running]) {
      await api.database.write(seenProcessesNote.statements(hypervisor, [{ owner, seen }]));
      expect(await row(api)).toMatchObject({ process: ended, state: 'exited' });
    }
    const again = { ...running, started: 900, restarts: 1 };
    await api.database.write(seenProcessesNote.statements(hypervisor, [{ owner, seen: again }]));
    expect(await row(api)).toMatchObject({ process: again, state: 'running' });
  });

  it.each([
    ['exited', { running: false, finished: 1_020, exit_code: 1 }],
    ['running', { started: 5_000, restarts: 1 }],
  ])('that looked before the process ended, or was started again, keeps the later look: %s', async (state, later) => {
    const api = await stage();
    await api.send('PUT', WEB, { image: 'a' });
    const { change } = await api.next();
    const look = observed(change.after);
    const [{ id: hypervisor } = { id: '' }] = await api.read<{ id: string }>('SELECT hypervisor AS id FROM containers');
    const [[owner, view] = []] = look.views;
    if (owner === undefined || view === undefined) throw new Error('one runs');
    const seen = { ...seenOf(view), ...later };
    await api.database.write(seenProcessesNote.statements(hypervisor, [{ owner, seen }]));
    await api.end(succeeded, look);
    expect(await row(api)).toMatchObject({ process: seen, state, applied: { process: { digest: stored.digest } } });
    const told = await api.read("SELECT count(*) AS count FROM events WHERE type GLOB 'process.*'");
    expect(told).toEqual([{ count: 1 }]);
  });

  it('that took the process away leaves nothing of it', async () => {
    const api = await stage({ image: 'a' }, { image: null });
    expect(await row(api)).toMatchObject({ process: null, state: 'running' });
    expect((await row(api))?.spec).not.toHaveProperty('process');
    expect((await row(api))?.applied).not.toHaveProperty('process');
  });

  it('that started nothing, since an interface is missing, says that it is being prepared', async () => {
    const api = await stage();
    await api.send('PUT', WEB, { image: 'a' });
    const { change } = await api.next();
    await api.end(succeeded, { ...observed(change.after), views: new Map() });
    expect(await row(api)).toMatchObject({ process: null, state: 'preparing' });
  });

  it('of a container that is stopped, and whose record is gone, says that it has ended', async () => {
    const api = await stage({ image: 'a' });
    await api.send('POST', `${WEB}/stop`);
    await end(api);
    await api.send('PUT', WEB, { image: 'b' });
    await end(api);
    expect(await row(api)).toMatchObject({ spec: { process: { wanted: 'stopped', asked: 3 } }, state: 'exited' });
  });

  it('whose host could not be read leaves what was seen', async () => {
    const api = await stage({ image: 'a' });
    await api.send('POST', `${WEB}/restart`);
    await api.end();
    expect(await row(api)).toMatchObject({ process: { number: 1 }, state: 'running' });
  });
});

describe('requests that are accepted before an earlier one has ended', () => {
  it('see the process as of their own place, whatever comes of the earlier one', async () => {
    for (const [ending, image] of [
      [succeeded, 'b:latest'],
      [failed, 'a:latest'],
      [cancelled, 'a:latest'],
    ] as const) {
      const api = await stage({ image: 'a', restart: 'always' });
      await api.send('PUT', WEB, { image: 'b', restart: 'always' });
      await api.send('PUT', WEB, { user: 'u' });
      await end(api, ending);
      const made = 3;
      expect(await wantedNext(api)).toMatchObject({ process: { image, user: 'u', restart: 'always', made } });
      await end(api);
      const { spec, applied } = (await row(api)) ?? {};
      expect(spec?.process).toMatchObject({ image, user: 'u', restart: 'always' });
      expect(applied?.process).toEqual(spec?.process);
    }
  });

  it('are not affected by the failure of one that created the container', async () => {
    const api = await stage();
    await api.send('PUT', WEB, { image: 'a', memory: 100, tag: 'first' });
    await api.send('PUT', WEB, { image: 'b', vcpus: 2 });
    await end(api, failed);
    expect(await wantedNext(api)).toMatchObject({ process: { image: 'b:latest' }, limits: { memory: null, cpus: 2 } });
    await end(api);
    for (const spec of [(await row(api))?.spec, (await row(api))?.applied]) {
      expect(spec).toMatchObject({ process: { image: 'b:latest' }, vcpus: 2 });
      expect([spec?.memory, spec?.tag ?? undefined]).toEqual([undefined, undefined]);
    }
  });

  const reserved = (api: PoolsApi) => api.read('SELECT memory, cpu FROM reservations');

  it('do not change limits, tag and reservation when they fail after an earlier one has succeeded', async () => {
    for (const ending of [failed, cancelled]) {
      const api = await stage({ image: 'a', memory: 50, tag: 'old' });
      await api.send('PUT', WEB, { memory: 100, tag: 'first' });
      await api.send('PUT', WEB, { memory: 200, tag: 'second', vcpus: 2 });
      await end(api);
      expect(await row(api)).toMatchObject({
        applied: { memory: 100, tag: 'first' },
        spec: { memory: 200, tag: 'second' },
      });
      expect((await api.next()).change.before.processes[0]?.run?.limits).toEqual({ memory: 100 * 2 ** 20, cpus: null });
      await end(api, ending);
      const { spec } = (await row(api)) ?? {};
      expect(spec).toMatchObject({ memory: 100, tag: 'first' });
      expect(spec).not.toHaveProperty('vcpus');
      expect(await reserved(api)).toEqual([{ memory: 100, cpu: 0 }]);
    }
  });

  it('keep their own limits when an earlier one fails, and none of its', async () => {
    const api = await stage({ image: 'a', memory: 50, tag: 'old' });
    await api.send('PUT', WEB, { vcpus: 2, tag: 'first' });
    await api.send('PUT', WEB, { memory: 200 });
    await end(api, failed);
    expect(await row(api)).toMatchObject({ spec: { memory: 200, tag: 'old' } });
    expect(await reserved(api)).toEqual([{ memory: 200, cpu: 0 }]);
    await end(api);
    for (const spec of [(await row(api))?.spec, (await row(api))?.applied]) {
      expect(spec).toMatchObject({ memory: 200, tag: 'old' });
      expect(spec).not.toHaveProperty('vcpus');
    }
  });

  it('such as a stop, hold although an earlier request has failed', async () => {
    const api = await stage({ image: 'a', restart: 'always' });
    await api.send('PUT', WEB, { image: 'b' });
    await api.send('POST', `${WEB}/stop`, { timeout: 2.5 });
    await end(api, failed);
    expect(await wantedNext(api)).toMatchObject({
      ...{ process: { image: 'a:latest', wanted: 'stopped' }, stop: { signal: null, graceMs: 2_500 } },
    });
    await end(api);
    expect(await row(api)).toMatchObject({ spec: { process: { image: 'a:latest', wanted: 'stopped' } } });
  });
});

describe('an action', () => {
  it.each([
    ['start', { changed: 1, asked: 2, wanted: 'running' }, { signal: null, graceMs: 10_000 }],
    ['restart', { changed: 2, asked: 2, wanted: 'running' }, { signal: null, graceMs: 10_000 }],
    ['stop', { changed: 1, asked: 1, wanted: 'stopped' }, { signal: null, graceMs: 10_000 }],
    ['kill', { changed: 1, asked: 1, wanted: 'stopped' }, { signal: 'KILL', graceMs: 0 }],
  ])('%s wants %o of the same program', async (action, process, stop) => {
    const api = await stage({ image: 'a' });
    await api.send('POST', `${WEB}/${action}`);
    expect(await wantedNext(api)).toMatchObject({ process: { image: 'a:latest', made: 1, ...process }, stop });
    await end(api);
    expect(await row(api)).toMatchObject({ applied: { process }, spec: { process } });
  });

  it('to stop keeps what it wants when it fails, and not when it is cancelled', async () => {
    for (const [ending, wanted] of [
      [failed, 'stopped'],
      [cancelled, 'running'],
    ] as const) {
      const api = await stage({ image: 'a' });
      await api.send('POST', `${WEB}/stop`);
      await end(api, ending);
      expect(await row(api)).toMatchObject({
        spec: { process: { wanted } },
        applied: { process: { wanted: 'running' } },
      });
    }
  });

  it('to start that failed leaves the container stopped', async () => {
    const api = await stage({ image: 'a' });
    await api.send('POST', `${WEB}/stop`);
    await end(api);
    await api.send('POST', `${WEB}/start`);
    await end(api, failed);
    expect(await row(api)).toMatchObject({ spec: { process: { wanted: 'stopped', asked: 1 } }, state: 'failed' });
  });
});

describe('a pool that runs an image', () => {
  async function poolOf(size: number): Promise<PoolsApi> {
    const api = await PoolsApi.start(able);
    await api.pool('p', size, ['net'], 'a');
    await succeedAll(api);
    return api;
  }

  const images = async (api: PoolsApi) =>
    api.read(
      `SELECT name, spec ->> '$.process.image' AS image, applied_spec ->> '$.process.image' AS applied, spec ->> '$.process.wanted' AS wanted
       FROM containers WHERE desired = 'present' ORDER BY name`,
    );
  const all = (size: number, image: string | null) =>
    Array.from({ length: size }, (_, index) => ({
      ...{ name: `p-${index + 1}`, image, applied: image, wanted: image && 'running' },
    }));

  it('has containers that always run it, and changes none that does', async () => {
    const api = await poolOf(2);
    expect(await images(api)).toEqual(all(2, 'a:latest'));
    expect(await api.read("SELECT DISTINCT spec ->> '$.process.restart' AS restart FROM containers")).toEqual([
      { restart: 'always' },
    ]);
    await api.pool('p', 3, ['net'], 'a');
    const { change } = await api.next();
    expect(change.after.processes.map(({ container }) => container)).toEqual(['p-3']);
    await succeedAll(api);
    expect(await images(api)).toEqual(all(3, 'a:latest'));
  });

  it('changes its image and back, and what was stopped stays so', async () => {
    const api = await poolOf(2);
    await api.send('POST', '/host/host1/p-2/stop');
    await succeedAll(api);
    for (const type of ['b', 'a']) {
      await api.pool('p', 2, ['net'], type);
      await succeedAll(api);
      const [one, two] = all(2, `${type}:latest`);
      expect(await images(api)).toEqual([one, { ...two, wanted: 'stopped' }]);
    }
    await api.pool('p', 2, ['net']);
    await succeedAll(api);
    expect(await images(api)).toEqual(all(2, null));
    expect(await api.read('SELECT DISTINCT process FROM containers')).toEqual([{ process: null }]);
  });

  it('is as before when the change of its image, or of its size, fails', async () => {
    const api = await poolOf(2);
    const rows = () => api.read('SELECT name, desired, spec, applied_spec, process FROM containers ORDER BY name');
    const before = await rows();
    for (const [size, type] of [
      [2, 'b'],
      [1, 'a'],
      [3, 'b'],
      [2, 'netns'],
    ] as const) {
      for (const ending of [failed, cancelled]) {
        await api.pool('p', size, ['net'], type);
        await end(api, ending);
        expect([size, type, await rows()]).toEqual([size, type, before]);
      }
    }
  });

  it('has the image of its last request, if an earlier one fails', async () => {
    const api = await poolOf(2);
    await api.pool('p', 2, ['net'], 'b');
    await api.pool('p', 3, ['net'], 'c');
    await end(api, failed);
    expect((await images(api)).map((each) => Reflect.get(Object(each), 'image'))).toEqual(Array(3).fill('c:latest'));
    await succeedAll(api);
    expect(await images(api)).toEqual(all(3, 'c:latest'));
  });

  it('leaves nothing when it was never made', async () => {
    const api = await PoolsApi.start(able);
    await api.pool('p', 2, ['net'], 'a');
    await end(api, failed);
    for (const table of ['containers', 'cpools', 'host_names']) {
      expect([table, await api.read(`SELECT * FROM ${table}`)]).toEqual([table, []]);
    }
  });

  it('ends the processes of those that go', async () => {
    const api = await poolOf(2);
    await api.pool('p', 1, ['net'], 'a');
    const { change } = await api.next();
    expect(change.after.processes.map(({ container, run }) => [container, run])).toEqual([['p-2', null]]);
    await succeedAll(api);
    await api.send('DELETE', '/cpool/p');
    expect((await api.next()).change.after.processes.map(({ run }) => run)).toEqual([null]);
    await succeedAll(api);
    expect(await api.read('SELECT name FROM containers')).toEqual([]);
  });
});
