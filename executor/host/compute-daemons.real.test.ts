import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { endOrphans, separateDaemonDirectories } from '../../test/support/daemon-directories.ts';
import { runningDaemons, stopComputeDaemons } from '../setup/daemons.mjs';
import { ComputeDaemons } from './compute-daemons.ts';

beforeAll(separateDaemonDirectories);
afterEach(() => stopComputeDaemons());
afterAll(endOrphans);

it('are started once for all who wait, and again when they are needed and have ended', async () => {
  const log: string[] = [];
  const daemons = new ComputeDaemons({ technology: 'ovs', setup: 'auto', log: (_, text) => log.push(text) });
  expect(await daemons.areRunning()).toBe(false);
  await Promise.all([daemons.ensureRunning(), daemons.ensureRunning()]);
  expect(await daemons.areRunning()).toBe(true);
  const started = [expect.stringMatching(/^ovsdb-server started/), expect.stringMatching(/^ovs-vswitchd started/)];
  expect(log).toEqual(['/etc/openvswitch/conf.db created', ...started]);
  await stopComputeDaemons();
  expect(await daemons.areRunning()).toBe(false);
  await daemons.ensureRunning();
  expect(log.slice(3)).toEqual(started);
});

it('those of the other technology are left alone', async () => {
  await new ComputeDaemons({ technology: 'ovs', setup: 'auto' }).ensureRunning();
  expect((await runningDaemons()).map(({ name }) => name)).toEqual(['ovsdb-server', 'ovs-vswitchd']);
  expect(await new ComputeDaemons({ technology: 'compute', setup: 'auto' }).areRunning()).toBe(false);
});

it.each(['check', 'off'] as const)('with WEFT_SETUP=%s none is started, and those that run are used', async (setup) => {
  const daemons = new ComputeDaemons({ technology: 'ovs', setup });
  await expect(daemons.ensureRunning()).rejects.toMatchObject({
    code: 'denied',
    message: `start ovsdb-server, ovs-vswitchd: WEFT_SETUP is ${setup}`,
  });
  await new ComputeDaemons({ technology: 'ovs', setup: 'auto' }).ensureRunning();
  await daemons.ensureRunning();
});

it('a failure is not remembered', async () => {
  const daemons = new ComputeDaemons({ technology: 'ovs', setup: 'auto', ovsSocket: '/run/elsewhere.sock' });
  await expect(daemons.ensureRunning()).rejects.toMatchObject({ code: 'away' });
  await expect(daemons.ensureRunning()).rejects.toMatchObject({ code: 'away', transient: true });
  expect(await runningDaemons()).toEqual([]);
});
