import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KilledStart } from '../../../../test/support/oci/killed-start.ts';
import { makeStage, OWNER, viewOf } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';
import type { StartPlace } from './driver.ts';
import { processesWith } from './processes.ts';

/** Seconds, by which its processes are found among all others; years, so that none of them ends by itself. */
const MARK = `${100_000_000 + Number.parseInt(OWNER.slice(-6), 16)}`;
const ARGUMENTS = ['/bin/busybox', 'sleep', MARK];
const SCRIPT = join(import.meta.dirname, '../../../../test/support/oci/killed-start.ts');
const PLACES: StartPlace[] = ['record', 'config', 'launch', 'report', 'starting', 'started'];

/** What a process has left that was killed at this place of a start. */
function killedAt(place: StartPlace) {
  const stage = makeStage();
  const { directory, runDirectory, lower } = stage;
  const start: KilledStart = { owner: OWNER, directory, runDirectory, lower, args: ARGUMENTS, place };
  const { signal } = spawnSync(process.execPath, [SCRIPT, JSON.stringify(start)]);
  expect(signal).toBe('SIGKILL');
  expect(existsSync(join(runDirectory, 'bundles', OWNER, 'record.json'))).toBe(true);
  return { ...stage, monitors: () => processesWith(join(runDirectory, 'bundles', OWNER)) };
}

function expectNothing({ directory, runDirectory, monitors }: ReturnType<typeof killedAt>): void {
  expect([processesWith(MARK), monitors(), readdirSync(directory)]).toEqual([[], [], []]);
  for (const name of readdirSync(runDirectory))
    expect([name, ...readdirSync(join(runDirectory, name))]).toEqual([name]);
  expect(existsSync(`/sys/fs/cgroup/pids/${OWNER}`) || existsSync(`/sys/fs/cgroup/${OWNER}`)).toBe(false);
}

describe.each(PLACES)('a kill in a start, at the place %j,', (place) => {
  test('leaves what the next start turns into exactly one running process', async () => {
    const left = killedAt(place);
    const runtime = await left.open();
    await runtime.start(left.request(ARGUMENTS));
    const view = await viewOf(runtime);
    expect(view).toMatchObject({ phase: 'running', pid: expect.any(Number) });
    // runc does not wait until its process has become the program.
    await until('its program runs', () => processesWith(MARK).length > 0, 10_000);
    expect(processesWith(MARK)).toEqual([view?.pid]);
    expect(left.monitors()).toHaveLength(1);
    await runtime.remove({ owner: OWNER });
    expectNothing(left);
  });

  test('leaves what is removed without a trace', async () => {
    const left = killedAt(place);
    const runtime = await left.open();
    await runtime.remove({ owner: OWNER });
    expectNothing(left);
  });
});
