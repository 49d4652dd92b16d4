import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { obeying, poweringOff } from '../support/domains/boot-sector.ts';
import { DomainsHost } from '../support/domains/host.ts';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';
import { until } from '../support/until.ts';

let daemon: LibvirtDaemon;
beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
});
afterAll(() => daemon.stop());

const NOTHING = { domains: 0, domain_disks: 0, domain_nics: 0, reservations: 0, operation_subjects: 0, guard: 0 };

/** A domain that weft did not make. */
async function defineForeign(host: DomainsHost, name: string): Promise<string> {
  const uuid = randomUUID();
  const path = join(host.weft.stateDirectory, `${uuid}.xml`);
  writeFileSync(
    path,
    `<domain type='qemu'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>16</memory><vcpu>2</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>`,
  );
  await host.virsh('define', path);
  return uuid;
}

describe('a virtual machine', () => {
  it('is made as the seed asks, as virsh shows it, and leaves nothing when it is deleted', async () => {
    const host = await DomainsHost.start(daemon);
    await host.addNetwork('lan0');
    const { status, body } = await host.create('ns.example.com', { memory: 32, disks: [1, 2], networks: ['lan0'] });
    expect({ status, body }).toMatchObject({ status: 200, body: { name: 'ns.example.com', state: 'running' } });
    expect(await host.domains()).toEqual(['ns.example.com: running']);
    expect(await host.virsh('domuuid', 'ns.example.com')).toBe(body.id);
    expect(host.volumes()).toEqual([`${body.id}-0.qcow2`, `${body.id}-1.qcow2`]);
    const xml = await host.virsh('dumpxml', 'ns.example.com');
    for (const serial of body.disks?.map((disk) => disk.serial) ?? []) expect(xml).toContain(`<serial>${serial}<`);
    expect(xml).toContain(`<mac address='${body.networks?.[0]?.mac}'/>`);
    expect(await host.virsh('dominfo', 'ns.example.com')).toMatch(/Max memory: +32768 KiB[\s\S]*Autostart: +disable/);
    const log = join(host.weft.stateDirectory, 'logs', `${body.id}.log`);
    expect(existsSync(log)).toBe(true);
    expect((await host.create('ns.example.com')).status).toBe(409);

    const removed = await host.ask('DELETE', '/hosts/ns.example.com');
    expect([removed.status, removed.body]).toMatchObject([200, { name: 'ns.example.com', state: 'running' }]);
    expect([await host.domains(), host.volumes(), await host.rows()]).toEqual([[], [], NOTHING]);
    expect(existsSync(log)).toBe(false);
    expect((await host.ask('GET', '/hosts/ns.example.com')).status).toBe(404);
    expect((await host.ask('DELETE', '/hosts/ns.example.com')).status).toBe(404);
  });

  it('whose name begins another one is deleted alone', async () => {
    const host = await DomainsHost.start(daemon);
    const long = await host.create('ns.example.com', { start: false, disks: [1, 1] });
    await host.create('ns', { start: false });
    expect(host.volumes()).toHaveLength(3);
    expect((await host.ask('DELETE', '/hosts/ns')).status).toBe(200);
    expect(await host.domains()).toEqual(['ns.example.com: shut off']);
    expect(host.volumes()).toEqual([0, 1].map((disk) => `${long.body.id}-${disk}.qcow2`));
  });

  it('is started, suspended, resumed, rebooted, reset and destroyed, as virsh shows it', async () => {
    const host = await DomainsHost.start(daemon);
    expect((await host.create('a', { start: false })).body).toMatchObject({ state: 'shut off' });
    const refused = await host.act('a', 'resume');
    expect([refused.status, refused.body.detail]).toEqual([409, 'Host a: resume is for no host that is shut off']);
    for (const [action, state] of [
      ['start', 'running'],
      ['start', 'running'],
      ['suspend', 'paused'],
      ['resume', 'running'],
      ['reboot', 'running'],
      ['reset', 'running'],
      ['destroy', 'shut off'],
      ['destroy', 'shut off'],
    ] as const) {
      const { status, body } = await host.act('a', action);
      expect({ action, status, state: body.state }).toEqual({ action, status: 200, state });
      expect(await host.domains()).toEqual([`a: ${state}`]);
    }
    expect(await host.weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).toEqual([]);
  });

  it('has other memory and processors from its next start on', async () => {
    const host = await DomainsHost.start(daemon);
    await host.create('a');
    expect((await host.ask('PATCH', '/hosts/a', { memory: 48, vcpus: 2 })).body).toMatchObject({ memory: 48 });
    expect(await host.virsh('dumpxml', 'a')).toContain("<memory unit='KiB'>16384<");
    await host.act('a', 'destroy');
    await host.act('a', 'start');
    expect(await host.virsh('dominfo', 'a')).toMatch(/CPU\(s\): +2[\s\S]*Max memory: +49152 KiB/);
  });

  it('whose network is not active is refused with the reason, and leaves nothing', async () => {
    const host = await DomainsHost.start(daemon);
    await host.addNetwork('lan0');
    await host.virsh('net-destroy', 'lan0');
    const { status, body } = await host.create('a', { networks: ['lan0'] });
    expect([status, body.detail]).toEqual([422, 'Network lan0 of libvirt is not active']);
    expect([await host.domains(), host.volumes(), await host.rows()]).toEqual([[], [], NOTHING]);
  });
});

describe('a guest', () => {
  it('that obeys the power button is shut down', async () => {
    const host = await DomainsHost.start(daemon);
    await host.createBootable('a', obeying);
    await host.act('a', 'start');
    const { status, body } = await host.act('a', 'shutdown');
    expect([status, body.state]).toEqual([200, 'shut off']);
    expect(await host.domains()).toEqual(['a: shut off']);
  });

  it('that ignores it goes on running, and is wanted to; destroy does not wait for it', async () => {
    const host = await DomainsHost.start(daemon);
    await host.ask('PATCH', '/hypervisors/host1/config', { shutdown_timeout: '1' });
    await host.create('a');
    const { status, body } = await host.act('a', 'shutdown');
    expect([status, body.detail]).toEqual([504, 'Host a has not shut down within 1 s, and is still running']);
    expect(await host.domains()).toEqual(['a: running']);
    expect(await host.weft.sql("SELECT spec ->> '$.power' AS power FROM domains")).toEqual([{ power: 'running' }]);
    expect((await host.act('a', 'destroy')).body.state).toBe('shut off');
  });

  it('that powers itself off stays off, and the event says who did it', async () => {
    const host = await DomainsHost.start(daemon, { times: { scan: 3_600_000 } });
    await host.createBootable('a', poweringOff);
    await host.act('a', 'start');
    const off = { state: 'shut off', by: 'guest', power: 'shut off' };
    await until('it is told', async () => JSON.stringify((await host.events('a'))[0]) === JSON.stringify(off));
    expect(await host.domains()).toEqual(['a: shut off']);
    await host.atRest();
    expect(await host.weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).toEqual([]);
  });
});

describe('a domain of others', () => {
  it('is listed as long as it is there, keeps its name, and is left alone', async () => {
    const host = await DomainsHost.start(daemon, { times: { scan: 3_600_000 } });
    const uuid = await defineForeign(host, 'theirs');
    await host.becomes('theirs', 'shut off');
    expect((await host.ask('GET', '/hosts/theirs')).body).toMatchObject({ id: uuid, vcpus: 2, managed: false });
    await host.virsh('start', 'theirs');
    await host.becomes('theirs', 'running');
    for (const { status, body } of [await host.create('theirs'), await host.ask('DELETE', '/hosts/theirs')]) {
      expect([status, body.detail]).toEqual([409, expect.stringContaining('was not made by weft')]);
    }
    await host.virsh('destroy', 'theirs');
    await host.virsh('undefine', 'theirs');
    await until('it is not listed', async () => (await host.ask('GET', '/hosts/theirs')).status === 404);
    expect((await host.create('theirs', { start: false })).status).toBe(200);
  });
});
