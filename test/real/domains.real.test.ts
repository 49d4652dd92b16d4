import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainsHost } from '../support/domains/host.ts';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';

let daemon: LibvirtDaemon;
beforeAll(async () => {
  daemon = await LibvirtDaemon.start();
});
afterAll(() => daemon.stop());

const NOTHING = { domains: 0, domain_disks: 0, domain_nics: 0, reservations: 0, operation_subjects: 0, guard: 0 };

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
    expect(xml).toContain(`<mac address='${body.networks?.[0]?.mac}'/>`);
    expect(existsSync(join(host.weft.stateDirectory, 'logs', `${body.id}.log`))).toBe(true);

    const removed = await host.ask('DELETE', '/hosts/ns.example.com');
    expect([removed.status, removed.body]).toMatchObject([200, { name: 'ns.example.com', state: 'running' }]);
    expect([await host.domains(), host.volumes(), await host.rows()]).toEqual([[], [], NOTHING]);
    expect(existsSync(join(host.weft.stateDirectory, 'logs', `${body.id}.log`))).toBe(false);
    expect((await host.ask('GET', '/hosts/ns.example.com')).status).toBe(404);
  });
});
