import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startRequest } from '../../../../test/support/oci/request.ts';
import { makeStage, OWNER, SLEEP } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';
import { readStats } from './read.ts';

const MEBIBYTE = 1024 * 1024;
const [BUSY, IDLE] = [OWNER, `${OWNER}-idle`];

test('a busy process uses time of processors, memory up to its limit, and its own interfaces', async () => {
  const stage = makeStage([BUSY, IDLE]);
  const runtime = await stage.open();
  execFileSync('ip', ['netns', 'exec', BUSY, 'ip', 'link', 'add', 'busy0', 'type', 'veth', 'peer', 'name', 'busy1']);
  execFileSync('ip', ['netns', 'exec', BUSY, 'ip', 'address', 'add', '10.9.9.1/24', 'dev', 'busy0']);
  for (const name of ['busy0', 'busy1']) execFileSync('ip', ['netns', 'exec', BUSY, 'ip', 'link', 'set', name, 'up']);
  const script = '/bin/busybox sleep 600 & while :; do :; done';
  await runtime.start(startRequest(stage.lower, ['/bin/busybox', 'sh', '-c', script], BUSY));
  await runtime.start(startRequest(stage.lower, SLEEP, IDLE));
  await runtime.limit({ owner: BUSY, limits: { memory: 64 * MEBIBYTE, cpus: null } });
  const views = (await runtime.view('all')).values().toArray();
  const used = async (owner: string) => (await readStats(views)).get(owner)?.cpuMicroseconds ?? 0;
  await until('it has used half a second', async () => (await used(BUSY)) > 500_000);
  const stats = await readStats(views);
  expect(stats.get(BUSY)).toMatchObject({ memoryLimitBytes: 64 * MEBIBYTE, processes: 2 });
  expect(stats.get(BUSY)?.memoryBytes).toBeGreaterThan(0);
  expect(stats.get(BUSY)?.memoryBytes).toBeLessThan(64 * MEBIBYTE);
  expect(stats.get(IDLE)).toMatchObject({ memoryLimitBytes: null, processes: 1, interfaces: [{ name: 'lo' }] });
  expect(stats.get(IDLE)?.cpuMicroseconds).toBeLessThan(500_000);

  const received = async () => {
    const { interfaces = [] } = (await readStats(views)).get(BUSY) ?? {};
    return interfaces.find(({ name }) => name === 'busy1')?.received.packets ?? 0;
  };
  const before = await received();
  // Nobody answers, but to ask who has the address is a packet.
  spawnSync('ip', ['netns', 'exec', BUSY, 'busybox', 'ping', '-c', '1', '-W', '1', '10.9.9.2']);
  expect(await received()).toBeGreaterThan(before);

  await runtime.stop({ owner: BUSY, signal: 'KILL', graceMs: 10_000 });
  expect([...(await readStats(views)).keys()]).toEqual([IDLE]);
});
