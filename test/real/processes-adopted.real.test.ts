import { describe, expect, it } from 'vitest';
import { monitorOf } from '../../executor/drivers/oci/runtime/conmon.ts';
import { RunPaths } from '../../executor/drivers/oci/runtime/paths.ts';
import { startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import { ContainerStage, running } from '../support/containers/stage.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

const stage = shared(() => ContainerStage.start());

const CONMON_NOTICED_MS = 2_000;

async function killMonitor(name: string): Promise<void> {
  const monitor = monitorOf(new RunPaths(stage().paths.run).bundle(await stage().owner(name)));
  if (monitor === null) throw new Error(`${name} has no conmon`);
  process.kill(monitor.pid, 'SIGKILL');
}

describe('the process of a container', () => {
  it('lives on when weft ends, however it ends, and is the same afterwards', async () => {
    await stage().put('lives', { command: ['sleep', '601'] });
    const pid = await stage().pid('lives');
    for (const end of ['stop', 'abandon'] as const) {
      await stage().weft[end]();
      expect(startTime(pid)).not.toBeNull();
      await stage().weft.restart();
      expect(await stage().get('lives')).toMatchObject({ state: 'running' });
      expect(await stage().pid('lives')).toBe(pid);
    }
    process.kill(pid, 'SIGKILL');
    expect(await stage().untilState('lives', 'exited', 1_000)).toMatchObject({ exit_code: 137 });
    await stage().remove('lives');
  });

  it('that ends while weft does not run is known to have ended then, with its exit code', async () => {
    await stage().put('gone', { command: ['sleep', '601'] });
    const pid = await stage().pid('gone');
    await stage().weft.abandon();
    process.kill(pid, 'SIGKILL');
    await until('it has ended', () => startTime(pid) === null);
    const ended = Date.now();
    await stage().weft.restart();
    const { finished } = await stage().untilState('gone', 'exited', 1_000);
    expect(await stage().get('gone')).toMatchObject({ exit_code: 137 });
    expect(Date.parse(finished ?? '')).toBeLessThanOrEqual(ended + 100);
    await stage().remove('gone');
  });
});

describe('a process whose conmon was killed', () => {
  it('is ended within two seconds, with the reason, and without an exit code', async () => {
    await stage().put('lone', { command: ['sleep', '601'] });
    const pid = await stage().pid('lone');
    await killMonitor('lone');
    expect(await stage().untilState('lone', 'exited', CONMON_NOTICED_MS)).toMatchObject({
      exit_code: null,
      reason: expect.stringContaining('conmon'),
    });
    await until('it has ended', () => startTime(pid) === null, CONMON_NOTICED_MS);
    await stage().remove('lone');
  });

  it('is replaced if its policy says so, and never runs beside the next', async () => {
    const seconds = String(700_000 + Math.floor(Math.random() * 100_000));
    await stage().put('twice', { command: ['sleep', seconds], restart: 'always' });
    const pid = await stage().pid('twice');
    const programs = () => running(seconds).length;
    expect(programs()).toBe(1);
    await killMonitor('twice');
    await until('another process runs', async () => {
      expect(programs()).toBeLessThanOrEqual(1);
      return (
        (await stage()
          .pid('twice')
          .catch(() => pid)) !== pid
      );
    });
    expect(programs()).toBe(1);
    await stage().remove('twice');
    expect(programs()).toBe(0);
  });
});
