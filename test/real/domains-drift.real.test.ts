import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainsHost } from '../support/domains/host.ts';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';
import { until } from '../support/until.ts';

let daemon: LibvirtDaemon;
beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
});
afterAll(() => daemon.stop());

/** Full scans are disabled: only events lead to repairs. */
const eventsAlone = { times: { scan: 3_600_000 } };

const start = () => DomainsHost.start(daemon, eventsAlone);

const repairs = async ({ weft }: DomainsHost) =>
  (await weft.sql("SELECT 1 FROM operations WHERE kind = 'domain.repair' AND status = 'succeeded'")).length;
const told = (host: DomainsHost, name: string, event: unknown) =>
  until(`${name} is told of`, async () => JSON.stringify((await host.events(name))[0]) === JSON.stringify(event));

/** Kills the QEMU of the only guest. */
function killGuest(): void {
  const [pid, ...others] = daemon.guests();
  if (pid === undefined || others.length > 0) throw new Error('there is not one guest');
  process.kill(pid, 'SIGKILL');
}

describe('a domain that a person', () => {
  it('destroys stays off, and is started when it is asked for', async () => {
    const host = await start();
    await host.create('a');
    await host.virsh('destroy', 'a');
    await told(host, 'a', { state: 'shut off', by: 'person', power: 'shut off' });
    await host.atRest();
    expect([await host.domains(), await repairs(host)]).toEqual([['a: shut off'], 0]);
    expect((await host.act('a', 'start')).body.state).toBe('running');
    await host.atRest();
    expect(await host.domains()).toEqual(['a: running']);
  });

  it('starts, suspends and resumes is wanted so from then on', async () => {
    const host = await start();
    await host.create('a', { start: false });
    for (const [action, state] of [
      ['start', 'running'],
      ['suspend', 'paused'],
      ['resume', 'running'],
    ] as const) {
      await host.virsh(action, 'a');
      await told(host, 'a', { state, by: 'person', power: state });
      expect(await host.stateOf('a')).toBe(state);
    }
    expect([await host.domains(), await repairs(host)]).toEqual([['a: running'], 0]);
  });

  it('undefines is defined again, while it is running and while it is off', async () => {
    const host = await start();
    const { body } = await host.create('a');
    await host.virsh('undefine', 'a');
    await until('it is persistent', async () => /Persistent: +yes/.test(await host.virsh('dominfo', 'a')));
    expect(await host.domains()).toEqual(['a: running']);
    await host.act('a', 'destroy');
    await host.virsh('undefine', 'a');
    await until('it is there', async () => (await host.domains()).join() === 'a: shut off');
    expect(await host.virsh('domuuid', 'a')).toBe(body.id);
    expect(host.volumes()).toEqual([`${body.id}-0.qcow2`]);
  });

  it('configures is as its row says again', async () => {
    const host = await start();
    await host.create('a', { start: false });
    await host.virsh('setmaxmem', 'a', '64M', '--config');
    await until('it is repaired', async () => /Max memory: +16384 KiB/.test(await host.virsh('dominfo', 'a')));
    await host.virsh('autostart', 'a');
    await host.ask('POST', '/hypervisors/host1/resync', {});
    await until('it is not started by libvirt', async () => /Autostart: +dis/.test(await host.virsh('dominfo', 'a')));
  });

  it('takes a disk from is not made again on an empty one', async () => {
    const host = await start();
    const { body } = await host.create('a', { start: false });
    rmSync(host.disk(body));
    await host.virsh('undefine', 'a');
    await until('its repair has failed', async () => (await host.ask('GET', '/hosts/a')).body.error != null);
    expect((await host.ask('GET', '/hosts/a')).body.error).toContain('has lost its disk');
    expect([await host.domains(), host.volumes()]).toEqual([[], []]);
    expect((await host.ask('DELETE', '/hosts/a')).status).toBe(200);
  });
});

describe('a domain whose QEMU dies', () => {
  it('is started again', async () => {
    const host = await start();
    await host.create('a');
    const [before] = daemon.guests();
    killGuest();
    await until('there is another guest', async () => {
      const [now] = daemon.guests();
      return now !== undefined && now !== before;
    });
    await host.becomes('a', 'running');
    expect(await host.events('a')).toContainEqual({ state: 'shut off', by: 'fault', power: null });
  });

  it('stays off where on_crash is leave', async () => {
    const host = await start();
    await host.ask('PATCH', '/hypervisors/host1/config', { on_crash: 'leave' });
    await host.create('a');
    killGuest();
    await told(host, 'a', { state: 'shut off', by: 'fault', power: 'shut off' });
    await host.atRest();
    expect(await host.domains()).toEqual(['a: shut off']);
  });
});

describe('after a boot of the host', () => {
  it('what ran is started, unless autostart is false', async () => {
    const host = await start();
    await host.create('on');
    await host.create('off', { start: false });
    await host.create('manual', { autostart: false });
    const [{ id: database } = { id: '' }] = await host.weft.sql<{ id: string }>('SELECT id FROM database');
    await host.weft.stop();
    await daemon.kill();
    for (const pid of daemon.guests()) process.kill(pid, 'SIGKILL');
    // What is in /run is gone with the boot.
    for (const left of [join(daemon.directory, 'run', 'qemu'), join('/run/weft', database, 'domains')]) {
      rmSync(left, { recursive: true });
    }
    await daemon.start();
    await host.weft.restart();
    await host.becomes('on', 'running');
    await told(host, 'manual', { state: 'shut off', by: 'host', power: 'shut off' });
    await host.atRest();
    expect(await host.domains()).toEqual(['manual: shut off', 'off: shut off', 'on: running']);
  });
});

describe('while libvirtd is away', () => {
  it('states are unknown, nothing is missing, and what is asked for waits', async () => {
    const host = await start();
    await host.create('a');
    await daemon.kill();
    await host.becomes('a', 'unknown');
    const asked = host.create('b');
    await until('it is pending', async () => (await host.rows()).operation_subjects === 1);
    await daemon.start();
    expect((await asked).status).toBe(200);
    await host.becomes('a', 'running');
    await host.becomes('b', 'running');
    expect(await host.domains()).toEqual(['a: running', 'b: running']);
    expect(await repairs(host)).toBe(0);
  });

  it('in the middle of creates, all of them end as asked for', async () => {
    const host = await start();
    const names = Array.from({ length: 4 }, (_, index) => `d${index}`);
    const creates = names.map((name) => host.create(name, { start: false, disks: [1, 1, 1] }));
    await until('the first volume is there', () => host.volumes().length > 0);
    await daemon.kill();
    await daemon.start();
    expect((await Promise.all(creates)).map(({ body }) => body.state)).toEqual(names.map(() => 'shut off'));
    expect([await host.domains(), host.volumes().length]).toEqual([names.map((name) => `${name}: shut off`), 12]);
  });
});

describe('20 at once', () => {
  it('are made and deleted', async () => {
    const host = await start();
    await host.ask('PATCH', '/hypervisors/host1/config', { cpu_overcommit: '64' });
    const names = Array.from({ length: 20 }, (_, index) => `d${String(index).padStart(2, '0')}`);
    const made = await Promise.all(names.map((name) => host.create(name)));
    expect(made.filter(({ status }) => status >= 300).map(({ body }) => body.detail)).toEqual([]);
    await host.atRest();
    expect([await host.domains(), host.volumes().length]).toEqual([names.map((name) => `${name}: running`), 20]);
    await Promise.all(names.map((name) => host.ask('DELETE', `/hosts/${name}`)));
    await host.atRest();
    expect([await host.domains(), host.volumes()]).toEqual([[], []]);
    expect(await host.weft.sql("SELECT kind, error FROM operations WHERE status <> 'succeeded'")).toEqual([]);
  });
});

describe('an orphan', () => {
  const orphaned = async () => {
    const host = await start();
    const { body } = await host.create('a', { disks: [1, 2] });
    await host.weft.sql('DELETE FROM reservations');
    await host.weft.sql('DELETE FROM domains');
    await host.ask('POST', '/hypervisors/host1/resync', {});
    const listed = await host.weft.request<unknown>('GET', '/hypervisors/host1/orphans');
    return { host, body, listed: listed.body };
  };
  const decide = (host: DomainsHost, action: string) =>
    host.ask('POST', '/hypervisors/host1/orphans/domain/a', { action });

  it('is listed, and adopted as it is', async () => {
    const { host, body, listed } = await orphaned();
    expect(JSON.stringify(listed)).toContain('"name":"a"');
    expect(await host.domains()).toEqual(['a: running']);
    expect((await decide(host, 'adopt')).status).toBe(200);
    const { body: adopted } = await host.ask('GET', '/hosts/a');
    expect(adopted).toMatchObject({ id: body.id, state: 'running', memory: 16, disks: body.disks, managed: true });
    await host.ask('POST', '/hypervisors/host1/resync', {});
    await host.atRest();
    expect(await repairs(host)).toBe(0);
  });

  it('is deleted with its disks when a person says so', async () => {
    const { host } = await orphaned();
    expect((await decide(host, 'delete')).status).toBe(200);
    expect([await host.domains(), host.volumes()]).toEqual([[], []]);
  });
});
