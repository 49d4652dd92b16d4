import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { clearHost, ip, links, picture } from '../support/host.ts';
import { type LocalOptions, LocalWeft } from '../support/local-weft.ts';
import { isSameHost } from '../support/same-host.ts';
import { until } from '../support/until.ts';

/** Full scans are disabled: only events lead to repairs. */
const eventsAlone = { times: { scan: 3_600_000 } };
const often = { times: { scan: 100 } };

let longest = 0;
afterAll(() => console.log(`note: the longest repair after an event took ${Math.round(longest)} ms`));

async function populated(options: LocalOptions): Promise<LocalWeft> {
  const weft = await LocalWeft.start(options);
  await weft.request('POST', '/cen/import', example);
  expect((await weft.request('POST', '/cen/make', exampleCens, waiting)).status).toBe(200);
  await weft.request('PUT', '/host/host1/single');
  return weft;
}

/** Waits until the host is as it was, and every repair has ended. */
async function repaired(weft: LocalWeft, before: readonly string[]): Promise<void> {
  await until('the host is as it was', () => isSameHost(before));
  await until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}

describe('a manual change is repaired after the kernel’s event:', () => {
  it('each kind of change, one after another', async () => {
    const weft = await populated(eventsAlone);
    const before = picture();
    const changes: readonly (readonly string[])[] = [
      ['netns', 'delete', 'c2'],
      ['netns', 'delete', 'single'],
      ['link', 'delete', 'c1.0o'],
      ['link', 'delete', 'cen2'],
      ['link', 'set', 'c1.0o', 'name', 'renamed'],
      ['link', 'set', 'c1.0o', 'down'],
      ['link', 'set', 'cen2', 'down'],
      ['link', 'set', 'c1.0o', 'nomaster'],
      ['link', 'set', 'c1.0o', 'master', 'other'],
      ['link', 'set', 'c1.0o', 'netns', 'c3'],
      ['-n', 'c1', 'link', 'delete', links('c1')[0]?.ifname ?? ''],
      ['-n', 'c1', 'link', 'set', links('c1')[0]?.ifname ?? '', 'down'],
    ];
    for (const change of changes) {
      if (change.includes('other')) ip('link', 'add', 'other', 'type', 'bridge');
      // Simulates half a minute between two manual changes: repairs that are undone repeatedly have to wait.
      await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
      const count = async () => (await weft.sql("SELECT 1 FROM operations WHERE principal = 'executor'")).length;
      const repairs = await count();
      const began = performance.now();
      ip(...change);
      await until(`a repair of ${change.join(' ')} is filed`, async () => (await count()) > repairs);
      if (change.includes('other')) ip('link', 'delete', 'other');
      await repaired(weft, before);
      longest = Math.max(longest, performance.now() - began);
    }
    const failed = "SELECT kind, error FROM v_operations WHERE status NOT IN ('succeeded') AND principal = 'executor'";
    expect(await weft.sql(failed)).toEqual([]);
  });

  it('nothing else is repaired, however much weft itself changes', async () => {
    const weft = await populated(often);
    for (let turn = 0; turn < 5; turn += 1) {
      await weft.request('PUT', '/host/host1/guest/cen1', undefined, waiting);
      await weft.request('DELETE', '/host/host1/guest', undefined, waiting);
    }
    const scans = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
    const last = await scans();
    await until('there was a scan', async () => (await scans()) > last);
    expect(await weft.sql("SELECT kind FROM operations WHERE principal = 'executor'")).toEqual([]);
  });
});

/** How many messages the kernel had no room for, of all netlink sockets in the test's network namespace. */
function lostEvents(): number {
  const [titles = '', ...sockets] = readFileSync('/proc/thread-self/net/netlink', 'utf8').trim().split('\n');
  const column = titles.trim().split(/\s+/).indexOf('Drops');
  return sockets.reduce((sum, socket) => sum + Number(socket.trim().split(/\s+/)[column]), 0);
}

async function repairFiled(weft: LocalWeft): Promise<void> {
  const repairs = "SELECT 1 FROM operations WHERE principal = 'executor'";
  await until('a repair is filed', async () => (await weft.sql(repairs)).length > 0);
}

describe('drift without an event', () => {
  it('is found by the next scan of the whole host', async () => {
    const weft = await populated(often);
    const before = picture();
    // This changes neither a link nor a name.
    execFileSync('umount', ['/run/netns/single']);
    await repairFiled(weft);
    await repaired(weft, before);
  });

  it('because there were too many is found by a full scan', async () => {
    const weft = await populated(eventsAlone);
    const before = picture();
    // This process waits for `ip` and reads nothing; the burst is more than the kernel keeps for it, and what comes behind is lost.
    const flapping = Array.from({ length: 8_000 }, (_, turn) => `link set cen2 ${turn % 2 === 0 ? 'down' : 'up'}\n`);
    execFileSync('ip', ['-batch', '-'], { input: flapping.join('') });
    expect(lostEvents()).toBeGreaterThan(0);
    // Of this the kernel tells at once and never again; of a link that goes down it tells once more a while later.
    ip('link', 'set', 'c1.0o', 'nomaster');
    await repairFiled(weft);
    await repaired(weft, before);
  });
});

describe('a reboot', () => {
  it('of the host is one repair, without a request', async () => {
    const weft = await populated(eventsAlone);
    const before = picture();
    await weft.abandon();
    clearHost();
    // Replaces the kernel's file for the processes of this test.
    const bootId = join(weft.stateDirectory, 'boot_id');
    writeFileSync(bootId, '11111111-2222-4333-8444-555555555555\n');
    execFileSync('mount', ['--bind', bootId, '/proc/sys/kernel/random/boot_id']);
    try {
      await weft.restart();
      await repaired(weft, before);
    } finally {
      await weft.stop();
      execFileSync('umount', ['/proc/sys/kernel/random/boot_id']);
    }
    expect(await weft.sql('SELECT boot_id FROM hypervisors')).toEqual([
      { boot_id: '11111111-2222-4333-8444-555555555555' },
    ]);
    expect(await weft.sql("SELECT type FROM events WHERE type = 'hypervisor.rebooted'")).toHaveLength(1);
    const repairs = "SELECT kind, status FROM operations WHERE principal = 'executor' AND parent IS NULL";
    expect(await weft.sql(repairs)).toEqual([{ kind: 'hypervisor.repair', status: 'succeeded' }]);
  });
});

describe('POST /hypervisors/{id}/resync', () => {
  it('repairs drift at once; a dry run only reports it', async () => {
    const weft = await populated(eventsAlone);
    const before = picture();
    expect((await weft.request('POST', '/hypervisors/host1/resync')).body).toMatchObject({
      kind: 'hypervisor.resync',
      status: 'succeeded',
      result: { items: [] },
    });
    ip('link', 'set', 'c1.0o', 'down');
    const { status, body } = await weft.request<{ differences: { resource: string; steps: unknown }[] }>(
      'POST',
      '/hypervisors/host1/resync?dry_run=true',
    );
    expect(status).toBe(200);
    // The order of the event and the request is not defined.
    for (const { resource, steps } of body.differences) {
      expect(resource).toMatch(/\/cens\/cen1$/);
      expect(steps).toEqual([{ step: 'links.enable', item: null }]);
    }
    const [hypervisor] = await weft.sql<{ id: string }>('SELECT id FROM hypervisors');
    expect((await weft.request('POST', `/hypervisors/${hypervisor?.id}/resync`)).status).toBe(200);
    await repaired(weft, before);
  });

  it('for an unknown hypervisor is a 404 or a 400, and leaves no row', async () => {
    const weft = await LocalWeft.start();
    const unknown = '/hypervisors/01900000-0000-7000-8000-00000000dead/resync';
    expect((await weft.request('POST', unknown)).status).toBe(404);
    expect(await weft.request('POST', '/hypervisors/nobody/resync')).toMatchObject({
      status: 400,
      body: { detail: 'invalid hypervisor id' },
    });
    expect(await weft.request('POST', '/hypervisors/host1/resync?dry_run=maybe')).toMatchObject({
      status: 400,
      body: { detail: 'dry_run must be true or false' },
    });
    expect(await weft.sql('SELECT * FROM operations')).toEqual([]);
  });
});
