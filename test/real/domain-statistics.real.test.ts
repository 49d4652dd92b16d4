import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HostReading, HostStatistics } from '../../schema/api/compute/statistics.ts';
import { DomainsHost } from '../support/domains/host.ts';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';
import { whenFinished } from '../support/shared.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

let daemon: LibvirtDaemon;
beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
});
afterAll(() => daemon.stop());

/** Guests are read twice in a second; their firmware finds nothing to boot on their disks. */
async function stage(): Promise<DomainsHost> {
  const host = await DomainsHost.start(daemon, { times: { statistics: 500 } });
  // A process that is stopped would not end with the test.
  whenFinished(() => {
    for (const pid of daemon.guests()) process.kill(pid, 'SIGCONT');
  });
  return host;
}

async function statisticsOf(host: DomainsHost, name: string): Promise<HostStatistics> {
  const { status, body } = await host.weft.request<HostStatistics>('GET', `/hosts/${name}/stats`);
  expect(status).toBe(200);
  return body;
}

/** Waits until its process has answered twice, and returns the second answer. */
async function readTwice(host: DomainsHost, name: string): Promise<HostStatistics> {
  let body = await statisticsOf(host, name);
  await until(`${name} was read twice`, async () => {
    body = await statisticsOf(host, name);
    return body.at !== null && body.answered === body.at && body.cpu.cores !== null;
  });
  return body;
}

async function readAgain(host: DomainsHost, name: string): Promise<void> {
  const { at } = await statisticsOf(host, name);
  await until(`${name} is read again`, async () => (await statisticsOf(host, name)).at !== at);
}

function processOf(name: string): number {
  return Number(readFileSync(join(daemon.directory, 'run', 'qemu', `${name}.pid`), 'utf8'));
}

/** Starts a guest that weft did not make. */
async function startForeign(host: DomainsHost, name: string): Promise<void> {
  const path = join(host.weft.stateDirectory, `${name}.xml`);
  writeFileSync(
    path,
    `<domain type='qemu'><name>${name}</name><uuid>${randomUUID()}</uuid><memory unit='MiB'>16</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>`,
  );
  await host.virsh('define', path);
  await host.virsh('start', name);
}

it('what a guest uses is what virsh says, and the last reading of one that is off stays', async () => {
  const host = await stage();
  await host.addNetwork('lan0');
  const { body: made } = await host.create('web', { memory: 32, vcpus: 2, disks: [1, 2], networks: ['lan0'] });
  const body = await readTwice(host, 'web');
  expect(body).toMatchObject({
    ...{ name: 'web', hypervisor: 'host1', state: 'running' },
    cpu: { vcpus: 2 },
    memory: { current: 32 * MIB, maximum: 32 * MIB, available: null },
    disks: [
      { name: 'sda', capacity: 1024 * MIB },
      { name: 'sdb', capacity: 2048 * MIB, written: { requests: 0, bytes: 0 } },
    ],
    interfaces: [{ name: expect.stringMatching(/^vnet\d+$/), received: { errors: 0 }, sent: { errors: 0 } }],
  });
  expect(body.cpu.microseconds).toBeGreaterThan(10_000);
  expect(body.memory.resident).toBeGreaterThan(MIB);
  await until('virsh counts the same', async () => {
    const words = await host.virsh('domstats', 'web', '--block');
    expect(words).toContain(`block.0.path=${host.disk(made)}`);
    return words.includes(`block.0.rd.bytes=${(await statisticsOf(host, 'web')).disks[0]?.read.bytes}\n`);
  });

  await startForeign(host, 'theirs');
  expect(await readTwice(host, 'theirs')).toMatchObject({ name: 'theirs', memory: { current: 16 * MIB } });
  const rows = 'SELECT domain FROM v_domain_stats WHERE cores >= 0 ORDER BY domain';
  expect(await host.weft.sql(rows)).toEqual([{ domain: 'theirs' }, { domain: 'web' }]);
  const series = `/hosts/web/stats?since=${body.at}`;
  const { body: later } = await host.weft.request<HostReading[]>('GET', series);
  expect(later.length).toBeGreaterThan(0);
  for (const { at } of later) expect(Date.parse(at ?? '')).toBeGreaterThan(Date.parse(body.at ?? ''));

  await host.act('web', 'destroy');
  // A reading that had begun before it was off may follow.
  for (const _ of [1, 2]) await readAgain(host, 'theirs');
  const last = await statisticsOf(host, 'web');
  await readAgain(host, 'theirs');
  expect(await statisticsOf(host, 'web')).toEqual(last);
});

it('a guest that hangs says since when its figures stand, and holds up no other', async () => {
  const host = await stage();
  for (const name of ['hangs', 'runs']) await host.create(name);
  for (const name of ['hangs', 'runs']) await readTwice(host, name);
  process.kill(processOf('hangs'), 'SIGSTOP');
  await until('its figures stand', async () => {
    const { at, answered } = await statisticsOf(host, 'hangs');
    return answered !== at;
  });
  const stands = await statisticsOf(host, 'hangs');
  await until('the other one answers', async () => {
    const { at, answered } = await statisticsOf(host, 'runs');
    return answered === at && Date.parse(at ?? '') > Date.parse(stands.at ?? '');
  });
  await until('its processors are read all the same', async () => (await statisticsOf(host, 'hangs')).at !== stands.at);
  const { answered, memory, disks } = await statisticsOf(host, 'hangs');
  expect({ memory, disks }).toEqual({ memory: stands.memory, disks: stands.disks });
  // By the clock of the database: a pass takes it anew.
  expect(Math.abs(Date.parse(answered ?? '') - Date.parse(stands.answered ?? ''))).toBeLessThan(1_000);
  process.kill(processOf('hangs'), 'SIGCONT');
  await readTwice(host, 'hangs');
});
