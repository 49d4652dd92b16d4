import { readFileSync, rmSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfiguration } from '../../schema/process/configuration.ts';
import { separateDaemonDirectories } from '../../test/support/daemon-directories.ts';
import { LibvirtDaemon } from '../../test/support/libvirt-daemon.ts';
import { OvsDaemons } from '../../test/support/ovs-daemons.ts';
import { until } from '../../test/support/until.ts';
import { NOTES, readNote } from '../setup/daemon-notes.mjs';
import { stopComputeDaemons } from '../setup/daemons.mjs';
import { libvirt } from './libvirt.ts';
import { ovs } from './ovs.ts';

const VERSION = expect.stringMatching(/^\d+\.\d+/);
const there = { available: true, version: VERSION };

const optionsOf = (environment: Record<string, string>) => ({
  configuration: readConfiguration(environment),
  databaseId: '0190a000-0000-7000-8000-000000000001',
  log: pino({ level: 'silent' }),
  expires: null,
});

async function openBoth(environment: Record<string, string> = {}) {
  const options = optionsOf(environment);
  const opened = { libvirt: await libvirt.open(options), ovs: await ovs.open(options) };
  const close = () => Promise.all([opened.libvirt.close(), opened.ovs.close()]);
  onTestFinished(async () => void (await close()));
  return { ...opened, close };
}

/** The one that weft started is a child of the tini(1) that is noted, which ends with it. */
function killLibvirtd(): void {
  const note = readNote(NOTES, 'libvirtd');
  if (note === null) throw new Error('libvirtd is not noted');
  const [child] = readFileSync(`/proc/${note.pid}/task/${note.pid}/children`, 'utf8').trim().split(' ');
  process.kill(Number(child), 'SIGKILL');
}

describe('daemons at their usual places', () => {
  beforeAll(separateDaemonDirectories);

  afterEach(async () => {
    await stopComputeDaemons();
    rmSync('/var/lib/openvswitch/conf.db', { force: true });
  });

  it('that are installed and do not run are started once, when they are needed', async () => {
    const { configuration } = optionsOf({});
    expect([await libvirt.find(configuration), await ovs.find(configuration)]).toEqual([there, there]);
    const peers = await openBoth();
    for (const peer of [peers.libvirt, peers.ovs]) {
      expect([peer.readiness(), peer.health(), peer.capability?.()]).toEqual(['stopped', { available: true }, there]);
    }
    expect(() => peers.ovs.driver).toThrow('cannot be opened');
    await Promise.all([peers.libvirt.ensureReady(), peers.libvirt.ensureReady(), peers.ovs.ensureReady()]);
    for (const peer of [peers.libvirt, peers.ovs]) {
      expect([peer.readiness(), peer.health(), peer.capability?.()]).toEqual(['ready', { available: true }, there]);
    }
    expect(await peers.libvirt.driver.host.version()).toMatchObject({ library: VERSION });
    expect(await peers.ovs.driver.view()).toEqual({ bridges: [] });
    const next = await openBoth();
    expect([next.libvirt.readiness(), next.ovs.readiness()]).toEqual(['ready', 'ready']);
  });

  it('that have answered once and end are away, and are not started again', async () => {
    const peers = await openBoth();
    await Promise.all([peers.libvirt.ensureReady(), peers.ovs.ensureReady()]);
    killLibvirtd();
    await until('libvirt is away', () => !peers.libvirt.health().available);
    expect([peers.libvirt.readiness(), peers.ovs.health()]).toEqual(['ready', { available: true }]);
    await peers.libvirt.ensureReady();
    expect(peers.libvirt.health()).toMatchObject({ available: false });
    await expect(peers.libvirt.driver.networks.list()).rejects.toMatchObject({ code: 'away', transient: true });
  });

  it('are not started where set-up is off: they are away until they run', async () => {
    const peers = await openBoth({ WEFT_SETUP: 'off' });
    for (const peer of [peers.libvirt, peers.ovs]) {
      expect([peer.readiness(), peer.health()]).toMatchObject(['ready', { available: false }]);
    }
    const heard: string[] = [];
    peers.libvirt.subscribe(({ kind }) => heard.push(kind));
    peers.ovs.subscribe(({ everything }) => heard.push(`ovs ${everything}`));
    const other = await openBoth();
    await Promise.all([other.libvirt.ensureReady(), other.ovs.ensureReady()]);
    await until('they are there', () => peers.libvirt.health().available && peers.ovs.health().available);
    await until('both have been told', () => heard.includes('everything') && heard.includes('ovs true'));
    expect(await peers.ovs.driver.view()).toEqual({ bridges: [] });
  });
});

describe('daemons at other places', () => {
  it('are used as they are, and never started', async () => {
    const daemon = await LibvirtDaemon.start();
    onTestFinished(() => daemon.stop());
    const switches = await OvsDaemons.start();
    onTestFinished(() => switches.close());
    const environment = {
      WEFT_LIBVIRT_URI: `qemu+unix:///system?socket=${daemon.socket}`,
      WEFT_OVS_SOCKET: switches.socket,
    };
    const peers = await openBoth(environment);
    for (const peer of [peers.libvirt, peers.ovs]) {
      expect([peer.readiness(), peer.health(), peer.capability?.()]).toEqual(['ready', { available: true }, there]);
    }
    await Promise.all([daemon.kill(), switches.killDatabase()]);
    const later = await openBoth(environment);
    for (const peer of [later.libvirt, later.ovs]) {
      expect([peer.readiness(), peer.health()]).toMatchObject(['ready', { available: false }]);
    }
  });
});
