import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { processesWith, startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import type { Executed } from '../../schema/api/leviathan-calls.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { type RunningContainer, runContainer } from '../support/running-container.ts';
import { until } from '../support/until.ts';

const BUSYBOX = '/bin/busybox';

function execute(weft: LocalWeft, command: readonly string[], more: object = {}, container = 'web') {
  return weft.request<Executed>('POST', `/host/host1/${container}/exec`, { command, ...more });
}

function script(weft: LocalWeft, text: string, more: object = {}) {
  return execute(weft, [BUSYBOX, 'sh', '-c', text], more);
}

const alive = (word: string) => processesWith(word).filter((pid) => startTime(pid) !== null);

function expectNothingLeft({ paths }: RunningContainer): void {
  const directory = join(paths.run, 'commands');
  expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
}

it('a command is answered when it ends, with what it wrote', async () => {
  const weft = await LocalWeft.start();
  const container = await runContainer(weft, 'web');
  const { status, body } = await script(weft, `echo hi; echo no >&2; ${BUSYBOX} sleep 71234 & exit 3`);
  expect(status).toBe(200);
  expect(body).toEqual({ exit_code: 3, stdout: 'hi\n', stderr: 'no\n', timed_out: false, truncated: false });
  await until('it runs on', () => alive('71234').length === 1);
  expect((await script(weft, 'printf "\\377a"')).body.stdout).toBe('\ufffda');
  expectNothingLeft(container);
});

it('at its timeout all that a command has started is killed', async () => {
  const weft = await LocalWeft.start();
  const container = await runContainer(weft, 'web');
  const call = script(weft, `echo hi; ${BUSYBOX} sleep 71235 & ${BUSYBOX} sleep 71235`, { timeout: 2 });
  await until('it runs', () => alive('71235').length >= 2);
  const { status, body } = await call;
  expect(status).toBe(200);
  expect(body).toEqual({ exit_code: null, stdout: 'hi\n', stderr: '', timed_out: true, truncated: false });
  expect(alive('71235')).toEqual([]);
  expectNothingLeft(container);
});

it('two streams of a mebibyte are answered whole, and longer ones cut', async () => {
  const weft = await LocalWeft.start();
  await runContainer(weft, 'web');
  const text = `${BUSYBOX} yes | ${BUSYBOX} head -c 1048576`;
  const whole = (await script(weft, `${text}; ${text} >&2`)).body;
  expect([whole.stdout.length, whole.stderr.length, whole.truncated]).toEqual([1_048_576, 1_048_576, false]);
  const binary = (await script(weft, `${BUSYBOX} head -c 1048576 /proc/self/pagemap`)).body;
  expect(Buffer.byteLength(JSON.stringify(binary.stdout))).toBeLessThanOrEqual(2 * 1024 * 1024);
  const longer = (await script(weft, `${BUSYBOX} yes | ${BUSYBOX} head -c 1048577`)).body;
  expect([longer.stdout.length, longer.truncated, longer.exit_code]).toEqual([1_048_576, true, 0]);
});

it('a container without a process, one that has exited, and an unknown program are refused', async () => {
  const weft = await LocalWeft.start();
  expect((await weft.request('PUT', '/host/host1/empty')).status).toBe(200);
  const empty = await execute(weft, ['ls'], {}, 'empty');
  expect(empty.body).toMatchObject({ status: 409, detail: 'Container empty has no running process' });
  await runContainer(weft, 'web');
  const unknown = await execute(weft, ['/bin/nothing']);
  const detail = expect.stringMatching(/^The command could not be run in web: .*\/bin\/nothing: no such file/);
  expect(unknown.body).toMatchObject({ status: 422, detail });
  expect((await weft.request('POST', '/host/host1/web/kill')).status).toBe(200);
  const exited = await execute(weft, ['ls']);
  expect(exited.body).toMatchObject({ status: 409, detail: 'Container web has no running process' });
});

it('a host runs 16 commands at once, and refuses more for the moment', async () => {
  const weft = await LocalWeft.start();
  await runContainer(weft, 'web');
  const answers = await Promise.all(Array.from({ length: 17 }, () => execute(weft, [BUSYBOX, 'sleep', '5'])));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 16 }, () => 200), 503]);
  const refused = answers.find(({ status }) => status === 503);
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect((await script(weft, 'exit 0')).status).toBe(200);
});

it('neither waits for a change of the container nor holds one up', async () => {
  const weft = await LocalWeft.start();
  await runContainer(weft, 'web');
  const call = script(weft, `${BUSYBOX} sleep 71236`, { timeout: 5 });
  await until('it runs', () => alive('71236').length > 0);
  expect((await weft.request('PUT', '/host/host1/web', { tag: 'blue' })).status).toBe(200);
  expect((await script(weft, 'exit 0')).body).toMatchObject({ exit_code: 0 });
  expect(alive('71236').length).toBeGreaterThan(0);
  expect((await call).body).toMatchObject({ timed_out: true });
});

it('a command that an executor has lost is not run again, and its client is told', async () => {
  const weft = await LocalWeft.start();
  const container = await runContainer(weft, 'web');
  const command = [BUSYBOX, 'sh', '-c', `echo x >> /ran; ${BUSYBOX} sleep 71237`];
  const accepted = await weft.request<{ id: string }>(
    'POST',
    '/host/host1/web/exec',
    { command, timeout: 5 },
    {
      prefer: 'respond-async',
    },
  );
  await until('it runs', () => alive('71237').length > 0);
  await weft.abandon();
  await weft.restart();
  expect(alive('71237')).toEqual([]);
  const ended = await weft.request('GET', `/operations/${accepted.body.id}`, undefined, { prefer: 'wait=30' });
  const detail = 'The executor was interrupted: it is unknown whether the command has run';
  expect(ended.body).toMatchObject({ status: 'failed', error: { status: 503, detail } });
  expect((await script(weft, `${BUSYBOX} cat /ran`)).body.stdout).toBe('x\n');
  expectNothingLeft(container);
});

it('a command in a container that is being deleted is run, or there is no such container or process', async () => {
  const stage = await ContainerStage.start();
  for (let turn = 0; turn < 3; turn += 1) {
    await stage.put('web');
    const calls = Array.from({ length: 12 }, async (_, index) => {
      await pause(index * 12);
      return script(stage.weft, 'exit 0');
    });
    await pause(turn * 20);
    const removed = stage.remove('web');
    const answers = await Promise.all(calls);
    await removed;
    expect(answers.filter(({ status }) => ![200, 404, 409].includes(status)).map(({ body }) => body)).toEqual([]);
  }
});
