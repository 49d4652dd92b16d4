import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { endOrphans, removeGuestGroups, separateDaemonDirectories } from '../../test/support/daemon-directories.ts';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { NOTES, notedDaemons, noteFile, prepareNotes, readNote } from './daemon-notes.mjs';
import { ensureComputeDaemons, runningDaemons, stopComputeDaemons } from './daemons.mjs';
import { openKvmToGroup } from './kvm-device.mjs';

const run = promisify(execFile);
const setup = fileURLToPath(new URL('setup.mjs', import.meta.url));
const module = fileURLToPath(new URL('daemons.mjs', import.meta.url));
const ALL = ['virtlogd', 'libvirtd', 'ovsdb-server', 'ovs-vswitchd'];

beforeAll(separateDaemonDirectories);

afterAll(endOrphans);

afterEach(async () => {
  await stopComputeDaemons();
  expect(await runningDaemons()).toEqual([]);
  rmSync('/var/lib/openvswitch/conf.db', { force: true });
});

/** Starts what a test needs, and returns what was said. */
async function ensure(technologies: readonly ('compute' | 'ovs')[] = ['compute', 'ovs']): Promise<string[]> {
  const said: string[] = [];
  await ensureComputeDaemons({ technologies, say: (text) => said.push(text) });
  return said;
}

async function stop(): Promise<string[]> {
  const said: string[] = [];
  await stopComputeDaemons({ say: (text) => said.push(text) });
  return said;
}

const pidOf = (name: string) => readNote(NOTES, name)?.pid;

function kill(name: string): number {
  const note = readNote(NOTES, name);
  if (note === null) throw new Error(`${name} is not noted`);
  process.kill(note.pid, 'SIGKILL');
  return note.pid;
}

describe('daemons', () => {
  it('are started where none runs, answer, are started once, and are ended', async () => {
    expect(await runningDaemons()).toEqual([]);
    const said = await ensure();
    const started = ALL.map((name) => `${name} started, pid ${pidOf(name)}`);
    const expected = started.toSpliced(2, 0, '/etc/openvswitch/conf.db created');
    expect(said.filter((line) => !line.startsWith('/dev/kvm'))).toEqual(expected);
    const pids = ALL.map((name) => ({ name, pid: pidOf(name) }));
    expect(await runningDaemons()).toEqual(pids);
    expect((await run('virsh', ['--connect', 'qemu:///system', 'uri'])).stdout).toContain('qemu:///system');
    await run('ovs-vsctl', ['--timeout=60', 'add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev']);
    expect((await run('ovs-vsctl', ['get', 'interface', 'br0', 'error'])).stdout.trim()).toBe('[]');

    expect(await ensure()).toEqual([]);
    expect(await runningDaemons()).toEqual(pids);

    expect(await stop()).toEqual(
      ALL.toReversed().map((name) => `${name} ended, pid ${pids.find((each) => each.name === name)?.pid}`),
    );
    expect(await runningDaemons()).toEqual([]);
    expect(notedDaemons(NOTES)).toEqual([]);
    expect(await stop()).toEqual(['weft has started no daemons']);
  });

  it('are told nothing of the environment of who starts them', async () => {
    process.env.WEFT_ADMIN_TOKEN = 'secret';
    onTestFinished(() => {
      delete process.env.WEFT_ADMIN_TOKEN;
    });
    await ensure(['ovs']);
    expect(readFileSync(`/proc/${pidOf('ovs-vswitchd')}/environ`, 'utf8')).not.toContain('secret');
  });

  it('are what npm run setup says, starts and ends', async () => {
    // It exits with 1 if packages of Node are missing.
    const call = (job: string, mode: string) =>
      spawnSync(process.execPath, [setup, job], { encoding: 'utf8', env: { ...process.env, WEFT_SETUP: mode } }).stderr;
    expect(call('compute', 'check')).toContain('set-up: compute: no daemon runs\nset-up: ovs: no daemon runs\n');
    await ensure(['ovs']);
    const names = ['ovsdb-server', 'ovs-vswitchd'].map((name) => `${name} (started by weft, pid ${pidOf(name)})`);
    expect(call('ovs', 'check')).toContain(`set-up: ovs: running: ${names.join(', ')}\n`);
    expect(call('stop', 'off')).toMatch(/^set-up: ovs-vswitchd ended, pid \d+\nset-up: ovsdb-server ended, pid \d+\n$/);
    expect(await runningDaemons()).toEqual([]);
  });

  it('find the row of Open vSwitch in its new database', async () => {
    await ensure(['ovs']);
    const query = '["Open_vSwitch",{"op":"select","table":"Open_vSwitch","where":[],"columns":["_uuid"]}]';
    const { stdout } = await run('ovsdb-client', ['query', 'unix:/run/openvswitch/db.sock', query]);
    expect(JSON.parse(stdout)).toEqual([{ rows: [{ _uuid: ['uuid', expect.any(String)] }] }]);
  });

  it('keep what they know: bridges are there again', async () => {
    await ensure(['ovs']);
    await run('ovs-vsctl', ['--timeout=60', 'add-br', 'br1', '--', 'set', 'bridge', 'br1', 'datapath_type=netdev']);
    await stop();
    await ensure(['ovs']);
    expect((await run('ovs-vsctl', ['list-br'])).stdout).toBe('br1\n');
  });

  it('have a database of another version converted, and a copy of it kept', async () => {
    const schema = '/usr/share/openvswitch/vswitch.ovsschema';
    const older = join(temporaryDirectory(), 'schema');
    const text = readFileSync(schema, 'utf8').replace(/"version": "[^"]*"/, '"version": "7.0.0"');
    writeFileSync(older, text.replace(/"cksum": "[^"]*",?/, ''));
    execFileSync('ovsdb-tool', ['create', '/var/lib/openvswitch/conf.db', older]);
    const said = await ensure(['ovs']);
    const copy = /converted to this version of Open vSwitch; as it was: (\S+)$/.exec(said[0] ?? '')?.[1] ?? '';
    const version = (file: string) => execFileSync('ovsdb-tool', ['db-version', file], { encoding: 'utf8' }).trim();
    expect(version(copy)).toBe('7.0.0');
    expect(version('/etc/openvswitch/conf.db')).toBe(JSON.parse(readFileSync(schema, 'utf8')).version);
    await run('ovs-vsctl', ['--timeout=60', 'add-br', 'br2', '--', 'set', 'bridge', 'br2', 'datapath_type=netdev']);
  });

  it('that run already are used as they are, and are not ended', async () => {
    const database = '/var/lib/openvswitch/conf.db';
    execFileSync('ovsdb-tool', ['create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
    mkdirSync('/run/openvswitch', { recursive: true });
    const own = spawn('ovsdb-server', [database, '--remote=punix:/run/openvswitch/db.sock'], { stdio: 'ignore' });
    onTestFinished(async () => {
      own.kill('SIGKILL');
      await until('it has ended', () => own.exitCode !== null || own.signalCode !== null);
    });
    await until('it answers', async () => (await runningDaemons({ technologies: ['ovs'] })).length === 1);
    expect(await ensure(['ovs'])).toEqual([`ovs-vswitchd started, pid ${pidOf('ovs-vswitchd')}`]);
    expect(await runningDaemons()).toEqual([
      { name: 'ovsdb-server', pid: null },
      { name: 'ovs-vswitchd', pid: pidOf('ovs-vswitchd') },
    ]);
    await stop();
    expect(await runningDaemons()).toEqual([{ name: 'ovsdb-server', pid: null }]);
    expect([own.exitCode, own.signalCode]).toEqual([null, null]);
    own.kill('SIGKILL');
    await until('nothing answers', async () => (await runningDaemons()).length === 0);
  });

  it('are started once by several processes that need them at the same time', async () => {
    const program = `import { ensureComputeDaemons } from '${module}';
      await ensureComputeDaemons({ say: (text) => console.log(text) });`;
    const each = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '--eval', program])),
    );
    const said = each.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
    const started = said.filter((line) => line.includes('started'));
    expect(started.toSorted()).toEqual(ALL.map((name) => `${name} started, pid ${pidOf(name)}`).toSorted());
  });

  it('that were killed are started again', async () => {
    await ensure();
    const pids = ['ovs-vswitchd', 'virtlogd'].map(kill);
    await until('they are gone', async () => (await runningDaemons()).length === 2);
    expect(await ensure()).toEqual(['virtlogd', 'ovs-vswitchd'].map((name) => `${name} started, pid ${pidOf(name)}`));
    expect(pids).not.toContain(pidOf('virtlogd'));
  });

  it('of a set-up that was killed meanwhile are waited for, not started twice', async () => {
    const program = `import { ensureComputeDaemons } from '${module}'; await ensureComputeDaemons();`;
    const killed = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    await until('libvirtd is noted', () => readNote(NOTES, 'libvirtd') !== null);
    killed.kill('SIGKILL');
    const pid = pidOf('libvirtd');
    await ensure();
    expect(pidOf('libvirtd')).toBe(pid);
    expect(await runningDaemons()).toHaveLength(ALL.length);
  });
});

it('a device of KVM that belongs to another group is given to group kvm', () => {
  const device = join(temporaryDirectory(), 'kvm');
  writeFileSync(device, '');
  const group = Number(/^kvm:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1]);
  expect(openKvmToGroup(device)).toBe(`${device} may be used by group kvm`);
  const { uid, gid, mode } = statSync(device);
  expect([uid, gid, mode & 0o777]).toEqual([0, group, 0o660]);
});

describe('stop', () => {
  it('ends no process that has got the pid of a daemon', async () => {
    const other = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => {
      other.kill('SIGKILL');
    });
    prepareNotes(NOTES);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(noteFile(NOTES, 'libvirtd'), JSON.stringify({ pid: other.pid, startTime: 1, boot }));
    expect(await stop()).toEqual(['libvirtd has ended already']);
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
    expect(notedDaemons(NOTES)).toEqual([]);
  });

  it('leaves guests running, which the next libvirtd finds; their QEMUs are children of what reaps them', async () => {
    const file = join(temporaryDirectory(), 'domain.xml');
    const name = `setup-${process.pid}`;
    writeFileSync(
      file,
      `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory><os><type>hvm</type></os></domain>`,
    );
    onTestFinished(() => {
      endOrphans();
      return removeGuestGroups(name);
    });
    await ensure(['compute']);
    await run('virsh', ['create', '--paused', file]);
    const qemu = readFileSync(`/run/libvirt/qemu/${name}.pid`, 'utf8').trim();
    expect(readFileSync(`/proc/${qemu}/status`, 'utf8')).toContain(`PPid:\t${pidOf('libvirtd')}\n`);
    expect((await stop()).at(-1)).toBe('guests that go on running: 1');
    expect(existsSync(`/proc/${qemu}`)).toBe(true);
    await ensure(['compute']);
    expect((await run('virsh', ['list', '--name'])).stdout.trim()).toBe(name);
    // Its QEMU is a child of the first process now: while that has not reaped it, libvirtd says that it cannot end it.
    await until('the guest is destroyed', async () => {
      await run('virsh', ['destroy', name]).catch(() => undefined);
      return !(await run('virsh', ['list', '--name'])).stdout.includes(name);
    });
    await until('its QEMU is gone', () => !existsSync(`/proc/${qemu}`));
  });
});

describe('a daemon that does not start', () => {
  it('is reported with its own words, and leaves no note', async () => {
    mkdirSync('/run/libvirtd.pid');
    onTestFinished(() => rmSync('/run/libvirtd.pid', { recursive: true }));
    await expect(ensure(['compute'])).rejects.toMatchObject({
      code: 'unsupported',
      action: 'start libvirtd',
      detail: expect.stringContaining("'/run/libvirtd.pid': Is a directory"),
      transient: false,
    });
    expect(notedDaemons(NOTES)).toEqual(['virtlogd']);
  });

  it('is reported with the words of the tool that prepares it', async () => {
    writeFileSync('/var/lib/openvswitch/conf.db', 'not a database');
    await expect(ensure(['ovs'])).rejects.toMatchObject({
      code: 'unsupported',
      detail: expect.stringContaining('/etc/openvswitch/conf.db'),
    });
  });

  it('is not started beside something that listens in its place, or at another place than the usual', async () => {
    mkdirSync('/run/libvirt', { recursive: true });
    const mute = createServer((socket) => socket.end()).listen('/run/libvirt/libvirt-sock');
    await until('it listens', () => mute.listening);
    onTestFinished(() => {
      mute.close();
    });
    const silent = { code: 'away', detail: expect.stringContaining('does not answer'), transient: true };
    await expect(ensure(['compute'])).rejects.toMatchObject(silent);
    mute.close();
    await expect(ensureComputeDaemons({ technologies: ['ovs'], ovsSocket: '/run/other.sock' })).rejects.toMatchObject({
      code: 'away',
      detail: 'nothing answers at /run/other.sock, where weft starts none',
    });
    expect(existsSync('/run/openvswitch/db.sock')).toBe(false);
  });

  it('is refused to a user who is not root', () => {
    const program = `import { ensureComputeDaemons } from '${module}';
      process.setuid(65534);
      await ensureComputeDaemons().catch(({ code, message }) => console.log(code + ', ' + message));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    expect(stdout).toBe('denied, start daemons: only root can\n');
  });
});

describe('where systemd runs the host', () => {
  /** Stands in for systemctl(1): starts what the unit would. */
  function systemctl(script: string): string {
    mkdirSync('/run/systemd/system', { recursive: true });
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'systemctl'), `#!/bin/sh\necho "$@" >> ${directory}/calls\n${script}\n`, {
      mode: 0o755,
    });
    const path = process.env.PATH;
    process.env.PATH = `${directory}:${path}`;
    onTestFinished(() => {
      process.env.PATH = path;
      rmSync('/run/systemd', { recursive: true });
    });
    return join(directory, 'calls');
  }

  it('units are enabled and started, and not ended by stop', async () => {
    const calls = systemctl('exec virtlogd -d');
    const failed = ensure(['compute']);
    await until('virtlogd answers', async () => (await runningDaemons()).length === 1);
    const pid = Number(readFileSync('/run/virtlogd.pid', 'utf8'));
    onTestFinished(() => until('virtlogd is gone', () => !existsSync(`/proc/${pid}`)));
    onTestFinished(() => {
      process.kill(pid, 'SIGTERM');
    });
    // The stand-in starts a second virtlogd instead of libvirtd, which fails.
    await expect(failed).rejects.toMatchObject({ code: 'unsupported', action: 'start libvirtd.service' });
    expect(readFileSync(calls, 'utf8')).toBe('enable --now virtlogd.socket\nenable --now libvirtd.service\n');
    expect(await runningDaemons()).toEqual([{ name: 'virtlogd', pid: null }]);
    expect(await stop()).toEqual([expect.stringContaining('systemctl disable --now libvirtd openvswitch-switch')]);
    process.kill(pid, 'SIGTERM');
    await until('virtlogd is gone', async () => (await runningDaemons()).length === 0);
  });

  it('the words of systemctl are those of the error', async () => {
    systemctl('echo "Failed to enable unit: Unit file openvswitch-switch.service does not exist." >&2; exit 1');
    await expect(ensure(['ovs'])).rejects.toMatchObject({
      message:
        'start openvswitch-switch.service: Failed to enable unit: Unit file openvswitch-switch.service does not exist.',
    });
  });
});
