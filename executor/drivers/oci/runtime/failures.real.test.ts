import { chmodSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeStage, OWNER, SLEEP, viewOf } from '../../../../test/support/oci/stage.ts';
import type { StartRequest } from './driver.ts';
import { killNow, processesWith, readOrNull, startTime } from './processes.ts';

/** runc, which never ends when called for this. */
function hangingRunc(directory: string, word: string): string {
  const path = join(directory, 'runc');
  const script = `#!/bin/sh\ncase " $* " in *" ${word} "*) exec sleep 600 ;; esac\nexec /usr/sbin/runc "$@"\n`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

test.each(['create', 'start'])('a start is away if runc %s does not end, and leaves nothing', async (word) => {
  const stage = makeStage();
  const runtime = await stage.open({ runc: hangingRunc(stage.base, word), deadlineMs: 3000 });
  await expect(runtime.start(stage.request(SLEEP))).rejects.toMatchObject({ code: 'away', transient: true });
  expect(await viewOf(runtime)).toBeUndefined();
  expect(processesWith(join(stage.runDirectory, 'bundles', OWNER))).toEqual([]);
  expect(['bundles', 'runc'].flatMap((name) => readdirSync(join(stage.runDirectory, name)))).toEqual([]);
});

test('what runc has begun to create when it is killed ends, too', async () => {
  const stage = makeStage();
  // Far more than runc's first process can read in the time: it stays behind, with all it needs of a processor.
  const request = stage.request(SLEEP);
  const flooded: StartRequest = {
    ...request,
    configuration: (paths) => {
      const made = request.configuration(paths) as { readonly process: object };
      const env = Array.from({ length: 200_000 }, (_, number) => `NAME${number}=value`);
      return { ...made, process: { ...made.process, env } };
    },
  };
  const runtime = await stage.open({ deadlineMs: 2_000 });
  await expect(runtime.start(flooded)).rejects.toMatchObject({ code: 'away' });
  const left = readdirSync('/proc').filter(
    (pid) => readOrNull(`/proc/${pid}/cgroup`)?.includes(OWNER) && startTime(Number(pid)) !== null,
  );
  expect([left, existsSync(`/sys/fs/cgroup/pids/${OWNER}`) || existsSync(`/sys/fs/cgroup/${OWNER}`)]).toEqual([
    [],
    false,
  ]);
  await runtime.start(request);
  expect((await viewOf(runtime))?.phase).toBe('running');
});

test('stop and remove are away if runc does not end, and succeed when it does again', async () => {
  const stage = makeStage();
  const first = await stage.open();
  await first.start(stage.request(SLEEP));
  await first.close();
  const killing = await stage.open({ runc: hangingRunc(stage.base, 'kill'), deadlineMs: 500 });
  const stop = { owner: OWNER, signal: 'TERM', graceMs: 0 };
  await expect(killing.stop(stop)).rejects.toMatchObject({ code: 'away' });
  expect((await viewOf(killing))?.phase).toBe('running');
  await killing.close();
  const deleting = await stage.open({ runc: hangingRunc(stage.base, 'delete'), deadlineMs: 500 });
  await expect(deleting.remove({ owner: OWNER })).rejects.toMatchObject({ code: 'away' });
  await deleting.close();
  const last = await stage.open();
  await last.remove({ owner: OWNER });
  expect(readdirSync(stage.directory)).toEqual([]);
});

test('a start without runc says so, and is done when there is one', async () => {
  const stage = makeStage();
  const runc = join(stage.base, 'runc');
  const runtime = await stage.open({ runc });
  await expect(runtime.start(stage.request(SLEEP))).rejects.toMatchObject({
    code: 'missing_program',
    detail: 'the host has no runc; apt-get install runc',
    transient: false,
  });
  expect(existsSync(stage.runDirectory)).toBe(false);
  symlinkSync('/usr/sbin/runc', runc);
  await runtime.start(stage.request(SLEEP));
  expect((await viewOf(runtime))?.phase).toBe('running');
});

test('a removal without runc says so, and is done when there is one', async () => {
  const stage = makeStage();
  const runc = join(stage.base, 'runc');
  symlinkSync('/usr/sbin/runc', runc);
  const runtime = await stage.open({ runc });
  await runtime.start(stage.request(SLEEP));
  rmSync(runc);
  await expect(runtime.remove({ owner: OWNER })).rejects.toMatchObject({ code: 'missing_program' });
  symlinkSync('/usr/sbin/runc', runc);
  await runtime.remove({ owner: OWNER });
  expect(readdirSync(stage.directory)).toEqual([]);
});

test('a start fails at once if conmon ends before it reports, and leaves nothing', async () => {
  const stage = makeStage();
  const bundle = join(stage.runDirectory, 'bundles', OWNER);
  // Again and again: it forks, and may just not be there yet.
  const killer = setInterval(() => processesWith(bundle).forEach(killNow), 1);
  const runtime = await stage.open();
  const error = await runtime.start(stage.request(SLEEP)).catch((thrown: unknown) => thrown);
  clearInterval(killer);
  // It may have reported just before it was killed. Its deadline is reported with other words.
  expect(['conmon has ended before it reported', 'conmon has ended', 'its process has ended']).toContain(
    Reflect.get(Object(error), 'detail'),
  );
  expect(['bundles', 'runc'].flatMap((name) => readdirSync(join(stage.runDirectory, name)))).toEqual([]);
});

test('a start without a network namespace fails, and leaves nothing', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  const request = { ...stage.request(SLEEP), networkNamespace: `/run/netns/${OWNER}-missing` };
  await expect(runtime.start(request)).rejects.toMatchObject({
    code: 'host',
    detail: expect.stringContaining(`${OWNER}-missing`),
  });
  expect(await viewOf(runtime)).toBeUndefined();
  expect(readdirSync(join(stage.runDirectory, 'bundles'))).toEqual([]);
});
