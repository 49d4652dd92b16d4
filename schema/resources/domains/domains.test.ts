import { describe, expect, it } from 'vitest';
import { DomainsApi, failed } from '../../../test/support/domains/api.ts';
import type { Changed, IdlePage } from '../definition.ts';
import { domainsDefinition, type IdleDomain } from './definition.ts';
import { domainResource } from './rows.ts';

const running = { memory: 512, vcpus: 1, autostart: true, power: 'running' };

describe('the rows of an operation', () => {
  it('are what is wanted before and after it, whatever was asked for since', async () => {
    const api = await DomainsApi.start();
    await api.create('a', { disks: [8, 1] });
    await api.act('a', 'suspend');
    await api.send('PATCH', '/hosts/a', { memory: 1_024, autostart: false });
    await api.act('a', 'reset');
    await api.send('DELETE', '/hosts/a');
    const changed = { ...running, power: 'paused', memory: 1_024, autostart: false };
    const expected = [
      ['domain.create', null, running],
      ['domain.power', running, { ...running, power: 'paused' }],
      ['domain.update', { ...running, power: 'paused' }, changed],
      ['domain.power', changed, changed],
      ['domain.delete', changed, null],
    ] as const;
    for (const [kind, before, after] of expected) {
      const { operation, rows } = await api.next();
      expect(operation.kind).toBe(kind);
      expect(rows).toMatchObject({ name: 'a', before, after });
      await api.end();
    }
    expect(await api.rows()).toEqual([]);
  });

  it('have what its definition needs: disks and interfaces in their order, and the settings of its hypervisor', async () => {
    const api = await DomainsApi.start();
    await api.send('PATCH', '/hypervisors/host1/config', { on_crash: 'leave', shutdown_timeout: '5' });
    await api.create('a', { disks: [8, 1], networks: ['lan', { name: 'lan', mac: '52:54:00:00:00:01' }] });
    const { rows } = await api.next();
    expect(rows.settings).toEqual({ onCrash: 'leave', shutdownTimeoutMs: 5_000 });
    const { body } = await api.get('a');
    expect(rows.after).toEqual({
      ...running,
      id: body.id,
      name: 'a',
      generation: 0,
      disks: body.disks.map((disk: object, position: number) => ({ position, ...disk })),
      nics: body.networks.map(({ name, mac }: { name: string; mac: string }, position: number) => ({
        ...{ position, network: name, mac },
      })),
    });
  });

  it('of one that failed to be created are none for what was to follow', async () => {
    const api = await DomainsApi.start();
    await api.create('a');
    await api.act('a', 'suspend');
    await api.send('DELETE', '/hosts/a');
    await api.end(failed);
    for (const kind of ['domain.power', 'domain.delete']) {
      const { operation, rows } = await api.next();
      expect(operation.kind).toBe(kind);
      expect(rows).toMatchObject({ row: undefined, before: null, after: null });
      await api.end(kind === 'domain.power' ? failed : undefined);
    }
    expect(await api.rows()).toEqual([]);
    expect(await api.reserved()).toEqual([]);
  });
});

async function idle(api: DomainsApi, changed: Changed): Promise<IdlePage<IdleDomain>> {
  const query = domainsDefinition.loadIdle?.(api.hypervisor, changed);
  if (query == null) throw new Error('the events name no domain');
  return query.result(await api.database.read(query.statements));
}

describe('the rows that no operation changes', () => {
  it('are all, or those that events name', async () => {
    const api = await DomainsApi.start();
    for (const name of ['a', 'b', 'c']) await api.created(name);
    await api.send('DELETE', '/hosts/b');
    await api.act('c', 'suspend');
    await api.end(failed);
    const ids = await Promise.all(['a', 'b', 'c'].map(async (name) => String((await api.get(name)).body.id)));
    const all = await idle(api, 'all');
    expect(all.idle.map(({ subject, rows }) => [subject.split('/').at(-1), rows.wanted?.power])).toEqual([
      ['a', 'running'],
      ['b', undefined],
    ]);
    const [first] = all.idle;
    const resource = domainResource(ids[0] ?? '');
    expect(first).toMatchObject({ generation: 0, eventNames: [resource], owners: [`domain ${resource} `] });
    const named = await idle(api, [...ids.map(domainResource), 'containers/x', domainResource('nobody')]);
    expect(named.idle.map(({ subject }) => subject.split('/').at(-1))).toEqual(['a', 'b']);
    expect(named.busy).toEqual([domainResource(ids[2] ?? '')]);
    expect(domainsDefinition.loadIdle?.(api.hypervisor, ['lan'])).toBeNull();
  });

  it('of one that is to be gone are repaired by its removal', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.send('DELETE', '/hosts/a');
    await api.end(failed);
    await api.repair('a');
    expect((await api.next()).rows).toMatchObject({ before: running, after: null });
    await api.end(failed);
    expect(await api.rows()).toMatchObject([{ desired: 'absent', state: 'degraded' }]);
    await api.repair('a');
    await api.end();
    expect(await api.rows()).toEqual([]);
    expect(await api.reserved()).toEqual([]);
  });
});

describe('an orphan', () => {
  const ID = '01890000-0000-7000-8000-000000000001';
  const found = {
    spec: { memory: 300, vcpus: 2, autostart: true, power: 'running' },
    disks: [{ position: 0, size: 8, serial: 's-0' }],
    nics: [{ position: 0, network: 'lan', mac: '02:00:00:00:00:01' }],
  } as const;

  async function withOrphan(): Promise<DomainsApi> {
    const api = await DomainsApi.start();
    await api.write(`INSERT INTO orphans (hypervisor, kind, place, name, label, scans, first_seen_ms)
      SELECT id, 'domain', '', 'a', 'weft:x/${domainResource(ID)} 7', 2, 0 FROM hypervisors`);
    return api;
  }

  const decide = (api: DomainsApi, action: string) =>
    api.send('POST', '/hypervisors/host1/orphans/domain/a', { action });

  it('that is adopted is what the host has, under its own UUID, and is reserved', async () => {
    const api = await withOrphan();
    expect((await decide(api, 'adopt')).status).toBe(202);
    await api.end(undefined, { observed: { state: 'running', reason: 'booted' }, adopted: found });
    expect((await api.get('a')).body).toMatchObject({
      ...{ id: ID, state: 'running', memory: 300, vcpus: 2, managed: true },
      disks: [{ size: 8, serial: 's-0' }],
      networks: [{ name: 'lan', mac: '02:00:00:00:00:01' }],
    });
    expect(await api.reserved()).toEqual([{ memory: 300, disk: 8_192, cpu: 2 }]);
    expect(await api.read('SELECT * FROM orphans')).toEqual([]);
    expect(await api.rows()).toMatchObject([{ power: 'running', applied: 1 }]);
  });

  it('that cannot be adopted has no row, and one that is deleted has none afterwards', async () => {
    const api = await withOrphan();
    await decide(api, 'adopt');
    await api.end(failed);
    expect(await api.rows()).toEqual([]);
    const again = await withOrphan();
    await decide(again, 'delete');
    expect((await again.next()).rows).toMatchObject({ row: { id: ID }, before: null, after: null });
    await again.end();
    expect(await again.rows()).toEqual([]);
  });

  it('is none if there is a row of that name', async () => {
    const api = await withOrphan();
    await api.created('a');
    expect(await decide(api, 'adopt')).toMatchObject({
      status: 409,
      body: { detail: 'domain a is no orphan: weft knows it' },
    });
  });
});
