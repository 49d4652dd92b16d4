import { describe, expect, it } from 'vitest';
import { ContainerStage } from '../support/containers/stage.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

const stage = shared(() => ContainerStage.start());

const FAILS = ['sh', '-c', 'exit 3'];

/** In the pause before its next start, of at least a second. */
async function putInPause(name: string): Promise<void> {
  await stage().put(name, { command: FAILS, restart: 'always' });
  const isInPause = async () => {
    const { next_start = '', finished } = await stage().get(name);
    return Date.parse(next_start) - Date.parse(finished ?? '') >= 1_000;
  };
  await until(`${name} pauses before its next start`, isInPause);
}

const resync = () => stage().must('POST', '/hypervisors/host1/resync');

describe('a container that was stopped by request', () => {
  it('in the pause between two restarts is not started again, also not after restarts of weft and of the host', async () => {
    await putInPause('paused');
    const stopped = await stage().act('paused', 'stop');
    expect(stopped).toMatchObject({ state: 'exited', wanted: 'stopped' });
    expect(stopped).not.toHaveProperty('next_start');
    const { restarts } = stopped;
    const expectStopped = async () => {
      await resync();
      // A repair may still run: the one after a restart of the host makes the namespace again.
      expect(await stage().untilState('paused', 'exited')).toMatchObject({ wanted: 'stopped', restarts });
    };
    await expectStopped();
    await stage().weft.stop();
    await stage().weft.restart();
    await expectStopped();
    await stage().reboot();
    await expectStopped();
    await stage().put('paused', { command: ['sleep', '601'] });
    expect(await stage().get('paused')).toMatchObject({ wanted: 'stopped' });
    expect(await stage().act('paused', 'start')).toMatchObject({ state: 'running', wanted: 'running' });
    await stage().remove('paused');
  });

  it('stays so when its pool is scaled', async () => {
    const scale = (start_with: number) =>
      stage().must('POST', '/cpool', {
        cpoolList: [{ cpoolID: 'p', type: stage().image, start_with, cins: [] }],
      });
    await scale(2);
    const { started, restarts } = await stage().act('p-1', 'kill');
    await scale(3);
    await resync();
    expect(await stage().get('p-1')).toMatchObject({ state: 'exited', wanted: 'stopped', started, restarts });
    for (const name of ['p-2', 'p-3']) expect(await stage().get(name)).toMatchObject({ state: 'running' });
    await stage().must('DELETE', '/cpool/p');
  });
});

describe('a container in the pause between two restarts', () => {
  it('is started at once by a request to start it', async () => {
    await putInPause('early');
    const { next_start = '' } = await stage().get('early');
    expect(await stage().act('early', 'start')).toMatchObject({ wanted: 'running', restarts: 0 });
    const { started = '' } = await stage().get('early');
    expect(Date.parse(started)).toBeLessThan(Date.parse(next_start));
    await stage().remove('early');
  });
});

describe('after a restart of the host', () => {
  it('a process runs again if its policy says so, else it is told why it does not', async () => {
    await stage().put('once', { restart: 'no' });
    await stage().put('ever', { restart: 'always' });
    await stage().reboot();
    expect(await stage().untilState('ever', 'running')).toMatchObject({ exit_code: null });
    expect(await stage().untilState('once', 'exited')).toMatchObject({
      exit_code: null,
      reason: expect.stringContaining('restart of the host'),
    });
  });
});
