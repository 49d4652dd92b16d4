import { describe, expect, it } from 'vitest';
import { startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import type { LogPage } from '../../schema/api/leviathan-calls.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

const stage = shared(() => ContainerStage.start());

const exits = (code: number) => ['sh', '-c', `echo started; exit ${code}`];
const SOON_MS = 1_000;

/** When a container's process has written its line, at each start, in milliseconds since 1970. */
async function starts(name: string): Promise<number[]> {
  const { lines } = await stage().must<LogPage>('GET', `/host/host1/${name}/log`);
  return lines.map(({ time }) => Date.parse(time));
}

describe('a request for a container', () => {
  it('that asks for what there is changes nothing', async () => {
    const wish = { command: ['sleep', '601'], env: ['A=1'], restart: 'always', memory: 64 };
    const first = await stage().put('same', wish);
    const pid = await stage().pid('same');
    expect(await stage().put('same', wish)).toEqual(first);
    expect(await stage().put('same', { ...wish, restart: 'on-failure' })).toMatchObject({ restart: 'on-failure' });
    expect(await stage().pid('same')).toBe(pid);
    await stage().remove('same');
  });

  it('that changes its program replaces the process and what that had written; a restart keeps it', async () => {
    await stage().put('kept', { command: ['sleep', '601'] });
    const first = await stage().pid('kept');
    await stage().inside('kept', 'echo here > /written');
    expect(await stage().act('kept', 'restart', { timeout: 0 })).toMatchObject({ state: 'running' });
    const second = await stage().pid('kept');
    expect(second).not.toBe(first);
    expect(await stage().inside('kept', 'cat /written')).toBe('here');
    await stage().put('kept', { command: ['sleep', '602'] });
    expect(await stage().pid('kept')).not.toBe(second);
    expect(await stage().inside('kept', 'ls /written 2> /dev/null || echo none')).toBe('none');
    await stage().remove('kept');
  });

  it('that takes its image away ends the process, and leaves the network', async () => {
    await stage().put('bare');
    const pid = await stage().pid('bare');
    expect(await stage().put('bare', { image: 'netns' })).not.toHaveProperty('image');
    expect(startTime(pid)).toBeNull();
    await stage().remove('bare');
  });
});

describe('a process that ends', () => {
  it('is known to have ended within a second, with its exit code', async () => {
    await stage().put('dies', { command: ['sleep', '601'] });
    const began = Date.now();
    process.kill(await stage().pid('dies'), 'SIGKILL');
    const { finished, ...body } = await stage().untilState('dies', 'exited', SOON_MS);
    expect(body).toMatchObject({ exit_code: 137, wanted: 'running', restarts: 0 });
    expect(Math.abs(Date.parse(finished ?? '') - began)).toBeLessThan(SOON_MS);
    expect(body).not.toHaveProperty('next_start');
    await stage().remove('dies');
  });

  it('is not started again under the policy no, nor under on-failure after a success', async () => {
    for (const [name, restart] of Object.entries({ never: 'no', done: 'on-failure' })) {
      await stage().put(name, { command: exits(0), restart });
      const body = await stage().untilState(name, 'exited', SOON_MS);
      expect(body).toMatchObject({ exit_code: 0, restarts: 0, restart });
      expect(body).not.toHaveProperty('next_start');
    }
    await stage().must('POST', '/hypervisors/host1/resync');
    for (const name of ['never', 'done']) {
      expect(await stage().get(name)).toMatchObject({ state: 'exited', restarts: 0 });
      await stage().remove(name);
    }
  });

  it('is started again after pauses that grow, under on-failure after a failure and always under always', async () => {
    const commands = { fails: exits(3), ends: exits(0) };
    await stage().put('fails', { command: commands.fails, restart: 'on-failure' });
    await stage().put('ends', { command: commands.ends, restart: 'always' });
    for (const [name, exit_code] of Object.entries({ fails: 3, ends: 0 })) {
      await until(`${name} was started four times`, async () => ((await stage().get(name)).restarts ?? 0) >= 3);
      const body = await stage().untilState(name, 'exited');
      expect(body.exit_code).toBe(exit_code);
      expect(Date.parse(body.next_start ?? '')).toBeGreaterThan(Date.parse(body.finished ?? ''));
      const times = await starts(name);
      const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(pauses.length).toBeGreaterThanOrEqual(3);
      for (const [index, pauseMs] of pauses.entries()) expect(pauseMs).toBeGreaterThanOrEqual(100 * 2 ** index);
      await stage().remove(name);
    }
  });
});
