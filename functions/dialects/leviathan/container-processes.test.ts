import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { failed, PoolsApi } from '../../../test/support/pools.ts';

const WEB = '/host/host1/web';
const able = { netns: { available: true, version: null }, containers: { available: true, version: null } };
const environment = 'must be a list of NAME=VALUE, or an object of strings';
const path = 'must be an absolute path without ".."';
const mount = { source: '/srv', target: '/data' };

async function expectRefused(
  api: PoolsApi,
  [method, url, body]: readonly [string, string, unknown?],
  problem: object,
): Promise<void> {
  const before = await rowCounts(api.database);
  const answer = await api.ask(method, url, body);
  expect(await answer.json()).toMatchObject(problem);
  expect(await rowCounts(api.database)).toEqual(before);
}

describe('a process that is requested wrongly', () => {
  it.each<[string, unknown, string]>([
    ['/image', { image: 7 }, 'must be a string'],
    ['/image', { image: '' }, 'is not understood: it is empty'],
    ['/image', { image: 'Ubuntu' }, 'is not understood: "Ubuntu" is not in lower case'],
    ['/image', { image: 'UPPER/x' }, 'is not understood: "UPPER" is not in lower case'],
    ['/image', { image: 'netns:' }, expect.stringMatching(/^is not understood: the tag "" is not 1 to 128 letters/)],
    ['/entrypoint', { entrypoint: 'sh' }, 'must be a list of strings'],
    ['/entrypoint', { entrypoint: [] }, 'must not be empty'],
    ['/entrypoint', { entrypoint: ['', 'x'] }, 'must begin with a program'],
    ['/entrypoint/1', { entrypoint: ['sh', 7] }, 'must be a string'],
    ['/command', { command: 'sh' }, 'must be a list of strings'],
    ['/command/0', { command: ['a\0b'] }, 'must not contain a NUL character'],
    ['/command', { command: Array.from({ length: 1_001 }, () => '') }, 'must have at most 1000 entries'],
    ['/command', { command: ['x'.repeat(100_001)] }, 'must have at most 100000 characters'],
    ['/env', { env: 'A=1' }, environment],
    ['/env', { env: [7] }, environment],
    ['/env', { env: { A: 1 } }, environment],
    ['/env', { env: ['A=1', 'B'] }, environment],
    ['/env', { env: { '': 'x' } }, environment],
    ['/user', { user: 0 }, 'must be a string'],
    ['/user', { user: '' }, 'must not be empty'],
    ['/user', { user: 'u'.repeat(256) }, 'must have at most 255 characters'],
    ['/workdir', { workdir: 'srv' }, path],
    ['/workdir', { workdir: '/srv/../etc' }, path],
    ['/workdir', { workdir: `/${'x'.repeat(4_095)}` }, 'must have at most 4095 characters'],
    ['/mounts', { mounts: mount }, 'must be a list'],
    ['/mounts', { mounts: Array.from({ length: 101 }, () => mount) }, 'must have at most 100 entries'],
    ['/mounts/1', { mounts: [mount, '/srv'] }, 'must be an object with source and target'],
    ['/mounts/0/source', { mounts: [{ ...mount, source: 'srv' }] }, path],
    ['/mounts/0/target', { mounts: [{ ...mount, target: '/a/..' }] }, path],
    ...['/', '//./', '/proc', '/./proc/1', '/sys/fs/cgroup', '/dev/shm'].map((target): [string, unknown, string] => [
      '/mounts/0/target',
      { mounts: [{ ...mount, target }] },
      'must not be /, nor in /proc, /sys or /dev',
    ]),
    ['/mounts/0/readonly', { mounts: [{ ...mount, readonly: 'yes' }] }, 'must be true or false'],
    ['/mounts/0/target', { mounts: [{ source: '/srv' }] }, 'is missing'],
    ['/mounts/0/mode', { mounts: [{ ...mount, mode: 'rw' }] }, 'unknown member'],
    ['/restart', { restart: 'unless-stopped' }, 'must be one of no, on-failure, always'],
    ['/memory', { memory: 0 }, 'must be at least 1'],
    ['/vcpus', { vcpus: 1.5 }, 'must be whole'],
    ['/ports', { ports: [] }, 'unknown member'],
  ])('is refused for its member %s of %j, and leaves no row', async (pointer, body, detail) => {
    await expectRefused(await PoolsApi.start(able), ['PUT', WEB, body], { status: 400, errors: [{ pointer, detail }] });
  });

  it('needs an image, unless the container has one', async () => {
    const api = await PoolsApi.start(able);
    await expectRefused(api, ['PUT', WEB, { command: ['a'], user: 'x', env: null }], {
      ...{ status: 422, detail: '/command needs an image: web has no process' },
      errors: [
        { pointer: '/command', detail: 'needs an image' },
        { pointer: '/user', detail: 'needs an image' },
      ],
    });
    await api.send('PUT', WEB, { image: 'a' });
    await api.send('PUT', WEB, { command: ['a'] });
  });

  it('needs enough memory for an image, whichever of them comes first', async () => {
    const api = await PoolsApi.start(able);
    await api.database.write([statement('UPDATE hypervisors SET total_memory = 100')]);
    const little = {
      ...{ status: 422, detail: 'web needs at least 6 MB of memory to run an image' },
      errors: [{ pointer: '/memory', detail: 'must be at least 6 for an image' }],
    };
    await expectRefused(api, ['PUT', WEB, { image: 'a', memory: 5 }], little);
    await api.send('PUT', WEB, { memory: 5 });
    await expectRefused(api, ['PUT', WEB, { image: 'a' }], little);
    await api.send('PUT', WEB, { image: 'a', memory: 6 });
    await expectRefused(api, ['PUT', WEB, { memory: 5 }], little);
    for (const request of [{ memory: null }, { image: null, memory: 5 }]) await api.send('PUT', WEB, request);
  });

  it('needs a hypervisor that runs containers; one without an image does not', async () => {
    const api = await PoolsApi.start({ ...able, containers: { available: false, reason: 'no runc' } });
    await expectRefused(api, ['PUT', WEB, { image: 'a' }], {
      ...{ status: 422, detail: 'host1 cannot run processes in containers: no runc' },
      errors: [{ pointer: '/image', detail: 'needs a container runtime' }],
    });
    for (const image of ['netns', null]) await api.send('PUT', WEB, { image, user: null });
  });

  it('of a pool is told what is wrong with the name of its image', async () => {
    const cpoolList = [{ cpoolID: 'p', type: 'registry.example/Web', start_with: 1, cins: [] }];
    await expectRefused(await PoolsApi.start(able), ['POST', '/cpool', { cpoolList }], {
      status: 400,
      errors: [{ pointer: '/cpoolList/0/type', detail: 'is not understood: "Web" is not in lower case' }],
    });
  });
});

describe('an action', () => {
  const stage = async () => {
    const api = await PoolsApi.start(able);
    await api.send('PUT', WEB, { image: 'a' });
    await api.succeed();
    return api;
  };

  it.each([
    ['/timeout', { timeout: -1 }, 'must be a number of seconds from 0 to 300'],
    ['/timeout', { timeout: 301 }, 'must be a number of seconds from 0 to 300'],
    ['/timeout', { timeout: '5' }, 'must be a number of seconds from 0 to 300'],
    ['/signal', { signal: 'HUP' }, 'unknown member'],
    ['', [], 'must be an object'],
  ])('is refused for its member %s of %j', async (pointer, body, detail) => {
    await expectRefused(await stage(), ['POST', `${WEB}/stop`, body], { status: 400, errors: [{ pointer, detail }] });
  });

  it('needs a container with a process, and a name that is known', async () => {
    const api = await stage();
    await api.send('PUT', '/host/host1/bare');
    for (const action of ['start', 'stop', 'restart', 'kill']) {
      await expectRefused(api, ['POST', `/host/host1/none/${action}`], {
        ...{ status: 404, errors: [{ parameter: 'ContainerId' }] },
      });
      await expectRefused(api, ['POST', `/host/host2/web/${action}`], {
        ...{ status: 404, errors: [{ parameter: 'HostId' }] },
      });
      await expectRefused(api, ['POST', `/host/host1/bare/${action}`], {
        ...{ status: 409, detail: 'Container bare has no process' },
      });
    }
    await expectRefused(api, ['POST', `${WEB}/pause`], {
      ...{ status: 404, errors: [{ parameter: 'action', detail: 'must be one of start, stop, restart, kill' }] },
    });
    await api.send('DELETE', WEB);
    await expectRefused(api, ['POST', `${WEB}/start`], { status: 404 });
  });

  it.each([
    ['start', 'running'],
    ['restart', 'running'],
    ['stop', 'stopped'],
    ['kill', 'stopped'],
  ])('%s records at once that the process is to be %s, and changes nothing else of it', async (action, wanted) => {
    const api = await stage();
    const before = await (await api.ask('GET', WEB)).json();
    expect(await api.send('POST', `${WEB}/${action}`)).toMatchObject({ kind: `container.${action}` });
    expect(await (await api.ask('GET', WEB)).json()).toEqual({ ...before, wanted, state: 'preparing' });
  });
});

describe('a container that is read', () => {
  const seen = { number: 1, running: true, started: 1_000, finished: null, exit_code: null, reason: null };
  const ended = { ...seen, running: false, finished: 2_500, exit_code: 3, restarts: 2, failures: 3 };
  const all = {
    ...{ image: 'lab/a:1', entrypoint: ['sh', '-c'], command: ['a'], env: ['A=1', 'B='], user: '5', workdir: '/srv' },
    ...{ mounts: [{ ...mount, readonly: true }], restart: 'on-failure' },
  };

  async function stage(request: object, process: object | null) {
    const api = await PoolsApi.start(able);
    await api.send('PUT', WEB, request);
    await api.succeed();
    const args = { process: process && JSON.stringify(process), state: process === ended ? 'exited' : 'running' };
    await api.database.write([statement('UPDATE containers SET process = :process, state = :state', args)]);
    return api;
  }

  const read = async (api: PoolsApi) => (await api.ask('GET', WEB)).json();
  const columns = 'image, wanted, restart, process_state, exit_code, reason, restarts, started, finished';
  const view = async (api: PoolsApi) => (await api.read(`SELECT ${columns} FROM v_containers`))[0];

  it('has what was requested of its process, which may be sent back', async () => {
    const api = await stage({ ...all, env: { A: '1', B: '' } }, null);
    const body = await read(api);
    expect(body).toMatchObject({ ...all, wanted: 'running' });
    for (const member of ['exit_code', 'started', 'finished', 'restarts', 'next_start', 'reason']) {
      expect(body).not.toHaveProperty(member);
    }
    const numbers = () => api.read("SELECT spec -> '$.process' AS process FROM containers");
    const before = await numbers();
    await api.send('PUT', WEB, body);
    await api.succeed();
    expect(await numbers()).toEqual(before);
    expect(await view(api)).toMatchObject({ image: 'lab/a:1', process_state: null, started: null });
  });

  it('has when a process that runs was started', async () => {
    const api = await stage({ image: 'a' }, { ...seen, restarts: 0, failures: 0 });
    const known = { image: 'a:latest', restart: 'no', wanted: 'running', exit_code: null, restarts: 0, finished: null };
    const body = await read(api);
    expect(body).toMatchObject({ ...known, started: '1970-01-01T00:00:01.000Z', state: 'running' });
    expect(body).not.toHaveProperty('next_start');
    expect(await view(api)).toEqual({
      ...known,
      ...{ process_state: 'running', reason: null, started: '1970-01-01T00:00:01.000Z' },
    });
  });

  it('has how a process ended, and when it is started again', async () => {
    const api = await stage(all, ended);
    const known = { restart: 'on-failure', wanted: 'running', exit_code: 3, restarts: 2 };
    const times = { started: '1970-01-01T00:00:01.000Z', finished: '1970-01-01T00:00:02.500Z' };
    expect(await read(api)).toMatchObject({
      ...{ ...known, ...times, state: 'exited', next_start: '1970-01-01T00:00:02.900Z' },
    });
    expect(await view(api)).toEqual({
      ...{ ...known, ...times, image: 'lab/a:1', process_state: 'exited', reason: null },
    });
    await api.send('POST', `${WEB}/stop`);
    expect(await read(api)).not.toHaveProperty('next_start');
  });

  it('has why there is no exit code', async () => {
    const api = await stage(all, { ...ended, exit_code: null, reason: 'it was lost' });
    expect(await read(api)).toMatchObject({ exit_code: null, reason: 'it was lost' });
    expect(await view(api)).toMatchObject({ exit_code: null, reason: 'it was lost' });
  });

  it('has why it failed, until a request succeeds', async () => {
    const api = await stage(all, null);
    await api.send('PUT', WEB, { env: ['A=1'] });
    await api.end(failed);
    expect(await read(api)).toMatchObject({ state: 'failed', error: 'something is in the way' });
    await api.send('PUT', WEB, { env: ['A=2'] });
    expect(await read(api)).not.toHaveProperty('error');
    await api.succeed();
    expect(await read(api)).not.toHaveProperty('error');
  });

  it('has no member that a request which is still to be done set back', async () => {
    const api = await stage(all, null);
    const nothing = { entrypoint: null, command: null, env: null, user: null, workdir: null, mounts: null };
    for (const request of [
      { image: 'lab/a:1', ...nothing, restart: null },
      { ...nothing, restart: null },
    ]) {
      await api.send('PUT', WEB, request);
      const body = await read(api);
      for (const member of Object.keys(nothing)) expect(body).not.toHaveProperty(member);
      expect(body).toMatchObject({ image: 'lab/a:1', restart: 'no', state: 'preparing' });
      await api.succeed();
      expect(await read(api)).toMatchObject({ restart: 'no' });
    }
  });

  it('without a process has no member of one, nor columns of the view', async () => {
    const api = await stage(all, ended);
    await api.send('PUT', WEB, { image: null });
    for (const state of ['preparing', 'running']) {
      const members = { contID: 'web', hostID: 'host1', cens: [], tag: null, ipaddresses: [], state };
      expect(await read(api)).toEqual(members);
      expect(await view(api)).toMatchObject({ image: null, wanted: null, restart: null });
      await api.succeed();
    }
    expect(await view(api)).toMatchObject({ process_state: null, exit_code: null, started: null });
  });
});
