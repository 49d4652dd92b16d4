import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LibvirtDaemon, virsh } from '../../../../test/support/libvirt-daemon.ts';
import { until } from '../../../../test/support/until.ts';
import { type LibvirtDriver, openLibvirtDriver } from '../driver.ts';
import type { Reference } from '../reference.ts';
import type { DomainStatistics } from './model.ts';
import { openStatistics, type Statistics } from './statistics.ts';

/* Guests of QEMU under its own emulation: their firmware finds nothing to boot on their disks, and rests. */

const BRIDGE = 'stats-br0';
const MIB = 1024 * 1024;
/** A guest that begins to hang costs as much as this. */
const ATTEMPT_MS = 2_000;

let daemon: LibvirtDaemon;
let driver: LibvirtDriver;
let statistics: Statistics;

beforeAll(async () => {
  execFileSync('ip', ['link', 'add', BRIDGE, 'type', 'bridge']);
  execFileSync('ip', ['link', 'set', BRIDGE, 'up']);
  daemon = await LibvirtDaemon.start();
  const options = { path: daemon.socket, pauseFirst: 10, pauseLongest: 50 };
  driver = await openLibvirtDriver({ ...options, namespace: 'urn:test:label' });
  statistics = await openStatistics({ ...options, attemptMs: ATTEMPT_MS });
});

afterEach(async () => {
  signal('SIGCONT', ...daemon.guests());
  const remove = async (domain: Reference) => {
    await driver.domains.destroy(domain);
    await driver.domains.undefine(domain);
  };
  await Promise.all((await driver.domains.list()).map(remove));
});

afterAll(async () => {
  await statistics.close();
  await driver.close();
  await daemon.stop();
  execFileSync('ip', ['link', 'del', BRIDGE]);
});

function signal(name: NodeJS.Signals, ...pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, name);
}

async function start(name: string): Promise<Reference> {
  const domain = { uuid: randomUUID(), name };
  const disk = join(daemon.directory, `${name}.qcow2`);
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M']);
  await driver.domains.define(
    domain,
    `<domain type='qemu'><name>${name}</name><uuid>${domain.uuid}</uuid><memory unit='MiB'>16</memory><vcpu>2</vcpu>
      <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda'/></disk>
      <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
      <interface type='bridge'><source bridge='${BRIDGE}'/><model type='virtio'/><rom enabled='no'/></interface></devices></domain>`,
  );
  await driver.domains.start(domain);
  return domain;
}

/** The process of a domain. */
function pidOf({ name }: Reference): number {
  return Number(readFileSync(join(daemon.directory, 'run', 'qemu', `${name}.pid`), 'utf8'));
}

async function read(): Promise<Map<string, DomainStatistics>> {
  return new Map((await statistics.read()).map((domain) => [domain.name, domain]));
}

test('no domains', async () => {
  expect(await statistics.read()).toEqual([]);
});

test('a guest that runs, beside one that is off', async () => {
  const guest = await start('runs');
  await driver.domains.destroy(await start('off'));
  let domains: readonly DomainStatistics[] = [];
  await until('its firmware has read its disk, as virsh says', async () => {
    domains = await statistics.read();
    const bytes = domains[0]?.disks[0]?.readBytes ?? 0;
    return bytes > 0 && (await virsh(daemon, 'domblkstat', guest.name, 'vda')).output.includes(`rd_bytes ${bytes}\n`);
  });
  expect(domains).toMatchObject([
    {
      ...{ ...guest, state: 'running', reason: 'booted', incomplete: false, vcpus: 2 },
      memory: { currentKib: 16 * 1024, maximumKib: 16 * 1024, availableKib: null },
      disks: [
        { name: 'vda', path: join(daemon.directory, 'runs.qcow2'), capacityBytes: 64 * MIB, writeBytes: 0 },
        { name: 'hdc', path: null },
      ],
      nics: [{ name: expect.stringMatching(/^vnet\d+$/), rxErrors: 0, txErrors: 0, txDrops: 0 }],
    },
  ]);
  const [domain] = domains;
  expect(domain?.cpuTimeNs).toBeGreaterThan(10_000_000);
  expect(domain?.memory.rssKib).toBeGreaterThan(1024);
  await driver.domains.suspend(guest);
  expect(await statistics.read()).toMatchObject([{ name: 'runs', state: 'paused', reason: 'user' }]);
});

test('a guest that hangs is incomplete, and the others are not', async () => {
  const guests = [await start('one'), await start('hangs'), await start('three')];
  await until('all are complete', async () => (await statistics.read()).every(({ incomplete }) => !incomplete));
  signal('SIGSTOP', ...guests.filter(({ name }) => name === 'hangs').map(pidOf));
  expect(await statistics.read()).toHaveLength(3);
  let domains = new Map<string, DomainStatistics>();
  await until('only the one that hangs is incomplete', async () => {
    domains = await read();
    return [...domains.values()].every(({ name, incomplete }) => incomplete === (name === 'hangs'));
  });
  expect(domains.get('hangs')).toMatchObject({
    ...{ state: 'running', vcpus: 2, memory: { currentKib: 16 * 1024, rssKib: null } },
    disks: [{ name: 'vda', readRequests: null }, { name: 'hdc' }],
    nics: [{ rxErrors: 0 }],
  });
  expect(domains.get('hangs')?.cpuTimeNs).toBeGreaterThan(0);
  signal('SIGCONT', ...daemon.guests());
  await until('it is complete again', async () => (await read()).get('hangs')?.incomplete === false);
});

test('as many guests that hang as a connection has calls', async () => {
  const hanging = await Promise.all(['hang-1', 'hang-2', 'hang-3', 'hang-4'].map(start));
  await start('runs');
  await until('all are complete', async () => (await statistics.read()).every(({ incomplete }) => !incomplete));
  signal('SIGSTOP', ...hanging.map(pidOf));
  await until('the others are read', async () => (await read().catch(() => null))?.get('runs')?.incomplete === false);
  const incomplete = (await statistics.read()).filter((domain) => domain.incomplete);
  expect(incomplete.map(({ name }) => name)).toEqual(expect.arrayContaining(hanging.map(({ name }) => name)));
  expect(statistics.health()).toEqual({ available: true });
});

test('readings at the same time are one', async () => {
  await start('shared');
  const [first, second] = [statistics.read(), statistics.read()];
  expect(await first).toBe(await second);
  expect(statistics.read()).not.toBe(first);
});

test('libvirtd killed and started again', async () => {
  const guest = await start('survives');
  daemon.pause();
  const pending = statistics.read().catch((error: unknown) => error);
  await daemon.kill();
  expect(await pending).toMatchObject({ code: 'away', transient: true });
  await daemon.start();
  await until('it is read again', async () => (await read().catch(() => null))?.get(guest.name)?.incomplete === false);
});
