import { cpus, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Lab } from '../faults/lab.ts';
import { ip, linkNames } from '../support/host.ts';
import type { Instance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

const subnets = ['c6430cba-648a-41aa-aee4-b59dacfc790d', 'c6430cba-648a-41aa-aee4-b59dacfc790e'] as const;

/** Created by a client; its executor was last seen a minute ago. */
async function describeDead(weft: Instance): Promise<Record<string, unknown>> {
  const { body } = await weft.request('POST', '/hypervisors', { name: 'gone' });
  await weft.sql(`
    UPDATE hypervisors SET last_seen_ms = 1000 * unixepoch() - 60000, capabilities = '{"netns":{"available":true,"version":null}}'
    WHERE name = 'gone'`);
  return body;
}

describe('a hypervisor whose executor is alive', () => {
  it('has the resources of its host, and is alive', async () => {
    const weft = await Lab.start();
    const { body } = await weft.request('GET', '/hypervisors/host1');
    expect(body).toMatchObject({
      name: 'host1',
      alive: true,
      total_resources: { memory: expect.any(Number), disk: expect.any(Number), cpu: cpus().length },
      capabilities: { netns: { available: true }, spp: { available: true }, frr: { available: false } },
      executor_version: expect.any(String),
      load: expect.any(Number),
      free_memory: expect.any(Number),
    });
    const { memory } = body.total_resources as { memory: number };
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThanOrEqual(totalmem() / 2 ** 20);
    expect(body.available_resources).toEqual(body.total_resources);
  });

  it('makes the interface of a subnet before the answer, and removes it with the last subnet', async () => {
    const weft = await Lab.start();
    const path = '/hypervisors/host1/subnets';
    const [first, second] = subnets;
    expect((await weft.request('PATCH', path, { [first]: 'br0', [second]: 'br0' })).status).toBe(200);
    expect(linkNames(null)).toEqual(['br0']);
    expect((await weft.request('GET', `${path}/${first}`)).body).toEqual({
      subnet: first,
      interface: 'br0',
      state: 'ready',
      error: null,
    });
    expect((await weft.request('DELETE', `${path}/${first}`)).body).toEqual({ [second]: 'br0' });
    expect(linkNames(null)).toEqual(['br0']);
    expect((await weft.request('PATCH', path, { [second]: 'br1' })).body).toEqual({ [second]: 'br1' });
    expect(linkNames(null)).toEqual(['br1']);
    expect((await weft.request('DELETE', `${path}/${second}`)).body).toEqual({});
    expect(linkNames(null)).toEqual([]);
  });

  it('reports why an interface cannot be made, and answers nevertheless', async () => {
    const weft = await Lab.start();
    ip('link', 'add', 'inway', 'type', 'veth', 'peer', 'name', 'inwayp');
    const answer = await weft.request('PATCH', '/hypervisors/host1/subnets', { [subnets[0]]: 'inway' });
    expect(answer.status).toBe(200);
    expect((await weft.request('GET', `/subnets/${subnets[0]}`)).body).toMatchObject({
      hypervisors: [
        { name: 'host1', interface: 'inway', state: 'failed', error: { detail: expect.stringContaining('inway') } },
      ],
    });
  });

  it('makes what was requested while it was away', async () => {
    const weft = await Lab.start();
    await weft.abandon();
    await weft.sql('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000');
    const path = `/hypervisors/host1/subnets`;
    expect((await weft.request('PATCH', path, { [subnets[0]]: 'br0' })).status).toBe(200);
    expect((await weft.request('GET', `${path}/${subnets[0]}`)).body).toMatchObject({ state: 'pending' });
    await weft.startExecutor();
    await until('the bridge is there', () => linkNames(null).includes('br0'));
    await until(
      'its row says so',
      async () => (await weft.request('GET', `${path}/${subnets[0]}`)).body.state === 'ready',
    );
  });
});

describe('a hypervisor that is dead', () => {
  it('keeps its operations pending with the reason, and they fail at their deadline; those of others are done', async () => {
    const weft = await LocalWeft.start();
    await describeDead(weft);
    const waiting = await weft.request('PUT', '/host/gone/a');
    expect(waiting.status).toBe(202);
    expect(waiting.body).toMatchObject({
      status: 'pending',
      waiting: expect.stringMatching(/^waiting for gone, last seen 6\d s ago$/),
    });
    expect((await weft.request('PUT', '/host/host1/b')).status).toBe(200);

    const id = String(waiting.body.id);
    await weft.sql(`UPDATE operations SET deadline_ms = 1 WHERE id = '${id}'`);
    await until(
      'the operation has failed',
      async () => (await weft.request('GET', `/operations/${id}`)).body.status === 'failed',
    );
    expect((await weft.request('GET', `/operations/${id}`)).body).toMatchObject({
      error: {
        code: 'deadline',
        detail: expect.stringMatching(/^gone did not come back before the deadline; it was last seen \d{4}-/),
      },
    });
    expect((await weft.request('GET', '/host/gone/a')).status).toBe(404);
    expect((await weft.request('GET', '/host/host1/b')).body).toMatchObject({ state: 'running' });
  });

  it('is removed by force with all its rows; its unfinished operations are cancelled', async () => {
    const weft = await Lab.start();
    const gone = await describeDead(weft);
    await weft.request('PUT', '/hypervisors/gone/cen/lan');
    await weft.request('PATCH', '/hypervisors/gone/subnets', { [subnets[0]]: 'br0' });
    const { body: waiting } = await weft.request('PUT', '/host/gone/a/lan', undefined, { prefer: 'respond-async' });
    const refused = await weft.request('DELETE', '/hypervisors/gone');
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toBe('The hypervisor is not empty: 1 container, 1 CEN');
    expect((await weft.request('DELETE', '/hypervisors/gone?force=true')).body).toMatchObject({ id: gone.id });
    expect((await weft.request('GET', `/operations/${waiting.id}`)).body).toMatchObject({
      status: 'cancelled',
      error: { detail: 'Hypervisor gone was removed' },
    });
    const [left] = await weft.sql(`
      SELECT (SELECT count(*) FROM cens) + (SELECT count(*) FROM containers) + (SELECT count(*) FROM members) + (SELECT count(*) FROM host_names)
        + (SELECT count(*) FROM subnet_interfaces) + (SELECT count(*) FROM operation_subjects) AS rows`);
    expect(left).toEqual({ rows: 0 });
    expect((await weft.request('PUT', '/host/host1/b')).status).toBe(200);
  });
});
