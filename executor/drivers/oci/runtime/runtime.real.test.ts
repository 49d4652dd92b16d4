import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeStage, OWNER, SLEEP, viewOf } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';
import { processesWith, startTime } from './processes.ts';

test('a process runs in its network namespace, once, is adopted and leaves nothing when removed', async () => {
  const stage = makeStage();
  const first = await stage.open();
  await first.start(stage.request(SLEEP));
  const view = await viewOf(first);
  await first.start(stage.request(SLEEP));
  expect(await viewOf(first)).toEqual(view);
  const inside = execFileSync('ip', ['netns', 'exec', OWNER, 'readlink', '/proc/self/ns/net'], { encoding: 'utf8' });
  expect(readlinkSync(`/proc/${view?.pid}/ns/net`)).toBe(inside.trim());
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(stage.runDirectory);
  await first.close();
  const second = await stage.open();
  expect(await viewOf(second)).toEqual(view);
  await second.remove({ owner: OWNER });
  expect([startTime(view?.pid ?? 0), readdirSync(stage.directory)]).toEqual([null, []]);
  expect(existsSync(`/sys/fs/cgroup/pids/${OWNER}`) || existsSync(`/sys/fs/cgroup/${OWNER}`)).toBe(false);
  expect(readdirSync(join(stage.runDirectory, 'bundles'))).toEqual([]);
});

test('an exit is seen with its code, and a program that ignores its signal is killed', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(['/bin/busybox', 'sh', '-c', 'exit 7']));
  await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
  expect((await viewOf(runtime))?.exit?.code).toBe(7);
  await runtime.start(stage.request(SLEEP));
  expect(await viewOf(runtime)).toMatchObject({ phase: 'running', restarts: 1 });
  await runtime.stop({ owner: OWNER, signal: 'TERM', graceMs: 100 });
  expect((await viewOf(runtime))?.exit?.code).toBe(137);
});

test('an exit while nobody looked is seen by the next one', async () => {
  const stage = makeStage();
  const first = await stage.open();
  await first.start(stage.request(SLEEP));
  const { pid } = (await viewOf(first)) ?? {};
  await first.close();
  process.kill(pid ?? 0, 'SIGKILL');
  const second = await stage.open();
  await until('it has exited', async () => (await viewOf(second))?.phase === 'exited', 10_000);
  expect((await viewOf(second))?.exit?.code).toBe(137);
});

test('a start that was not completed is none, and is replaced by the next', async () => {
  const stage = makeStage();
  const first = await stage.open();
  await first.start(stage.request(SLEEP));
  const old = (await viewOf(first))?.pid ?? 0;
  await first.close();
  const file = join(stage.runDirectory, 'bundles', OWNER, 'record.json');
  const record: object = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...record, program: null, monitor: null }));
  const second = await stage.open();
  expect(await viewOf(second)).toBeUndefined();
  await second.start(stage.request(SLEEP));
  expect(startTime(old)).toBe(null);
  expect((await viewOf(second))?.phase).toBe('running');
  await second.keep({ owner: OWNER, number: 2 });
  expect((await viewOf(second))?.number).toBe(2);
});

test('a process whose conmon was killed is killed', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await runtime.start(stage.request(SLEEP));
  const pid = (await viewOf(runtime))?.pid;
  for (const monitor of processesWith(join(stage.runDirectory, 'bundles', OWNER))) process.kill(monitor, 'SIGKILL');
  await until('its process is gone', () => !existsSync(`/proc/${pid}/root/bin`), 10_000);
  expect((await viewOf(runtime))?.exit).toMatchObject({ code: null, reason: 'conmon has ended before its process' });
});

test.each(['', '.', '../other', 'a/b'])('%j is no owner, and nothing is removed', async (owner) => {
  const runtime = await makeStage().open();
  await expect(runtime.remove({ owner })).rejects.toMatchObject({ code: 'invalid' });
  await expect(runtime.stop({ owner, signal: 'TERM', graceMs: 0 })).rejects.toMatchObject({ code: 'invalid' });
});

test('a program that does not exist is refused in the words of runc', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  await expect(runtime.start(stage.request(['/bin/nothing']))).rejects.toThrow(/no such file or directory/);
  expect(await viewOf(runtime)).toBeUndefined();
});
