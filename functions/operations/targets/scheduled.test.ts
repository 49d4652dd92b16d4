import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { api } from '../../../test/support/api.ts';
import { insertHypervisor, rowCounts } from '../../../test/support/database.ts';
import { fleet, give, kill } from '../../../test/support/fleet.ts';
import { type Needs, scheduled } from './scheduled.ts';

const incapable = JSON.stringify({ netns: { available: false, reason: 'needs root' } });

const importOf = (cenID: string, ...containerIDs: string[]) => ({ cenList: [{ cenID, containerIDs }] });

describe('a create that names no hypervisor', () => {
  it('goes to the one with the most available memory', async () => {
    const { database, ask } = await fleet();
    expect((await ask('POST', '/cen/import', importOf('a', 'x'))).status).toBe(200);
    expect(await (await ask('GET', '/cen/a')).json()).toMatchObject({ hypervisors: ['host2'] });
    await database.write([
      statement(
        `INSERT INTO reservations (owner, hypervisor, memory, disk, cpu) SELECT 'other', id, 1500, 0, 0 FROM hypervisors WHERE name = 'host2'`,
      ),
    ]);
    expect(await (await ask('PUT', '/cen/b')).json()).toMatchObject({ cenID: 'b', hypervisors: ['host1'] });
  });

  it('goes to the hypervisor that has one of the named resources already, even if that is dead', async () => {
    const { database, ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await kill(database, 'host1');
    await ask('POST', '/cen/import', { cenList: [...importOf('b', 'x').cenList, ...importOf('a', 'y').cenList] });
    expect(await (await ask('GET', '/cen/b')).json()).toMatchObject({ hypervisors: ['host1'] });
    await ask('POST', '/cen/import', importOf('c', 'x', 'z'));
    expect(await (await ask('GET', '/cen/c')).json()).toMatchObject({ hypervisors: ['host1'], contIDs: ['x', 'z'] });
  });

  it('goes to no hypervisor that is dead or lacks a requirement', async () => {
    const { database, ask } = await fleet();
    await insertHypervisor(database, 'host3', incapable);
    await give(database, 'host3', 9000);
    await kill(database, 'host2');
    expect(await (await ask('PUT', '/cen/a')).json()).toMatchObject({ hypervisors: ['host1'] });
  });

  it('is a 422 that gives the reason for each hypervisor, and leaves no row', async () => {
    const { database, ask } = await fleet();
    await insertHypervisor(database, 'host3', incapable);
    await kill(database, 'host1');
    await kill(database, 'host2');
    const before = await rowCounts(database);
    const answer = await ask('POST', '/cen/import', importOf('a', 'x'));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      detail: expect.stringMatching(
        /^No suitable hypervisor: host1 was last seen 60 s ago; host2 .*; host3 has no netns: needs root$/,
      ),
      errors: [
        { hypervisor: 'host1', detail: 'was last seen 60 s ago' },
        { hypervisor: 'host2', detail: 'was last seen 60 s ago' },
        { hypervisor: 'host3', detail: 'has no netns: needs root' },
      ],
    });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('is a 409 if two of the resources are on different hypervisors', async () => {
    const { ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/b');
    const answer = await ask('POST', '/cen/import', {
      cenList: ['a', 'b'].map((cenID) => ({ cenID, containerIDs: [] })),
    });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({
      detail: 'What the request names is on host1 and on host2',
      errors: [{ hypervisor: 'host1' }, { hypervisor: 'host2' }],
    });
  });
});

describe('an existing resource, without a hypervisor in the path', () => {
  it('is found by its name', async () => {
    const { ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/b');
    expect(await (await ask('GET', '/cen/a')).json()).toMatchObject({ hypervisors: ['host1'] });
    expect((await ask('PUT', '/cen/a')).status).toBe(200);
    const made = await ask('POST', '/cen/make', ['a', 'b']);
    expect(made.status).toBe(202);
    const { id } = await made.json();
    const parts = await (await ask('GET', `/operations?parent=${id}`)).json();
    expect(parts.operations.map(({ hypervisor }: { hypervisor: string }) => hypervisor).sort()).toEqual([
      'host1',
      'host2',
    ]);
  });

  it('is a 409 with the candidates when two hypervisors have one', async () => {
    const { ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/a');
    for (const [method, path, body] of [
      ['GET', '/cen/a', undefined],
      ['DELETE', '/cen/a', undefined],
      ['PUT', '/cen/a', undefined],
      ['POST', '/cen/make', ['a']],
    ] as const) {
      const answer = await ask(method, path, body);
      expect([method, answer.status]).toEqual([method, 409]);
      expect(await answer.json()).toMatchObject({ errors: [{ hypervisor: 'host1' }, { hypervisor: 'host2' }] });
    }
    expect(await (await ask('GET', '/hypervisors/host2/cen/a')).json()).toMatchObject({ hypervisors: ['host2'] });
  });

  it('gets no container of another hypervisor', async () => {
    const { database, ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    const before = await rowCounts(database);
    for (const [method, path, body] of [
      ['PUT', '/host/host2/x/a', undefined],
      ['POST', '/cen/import', importOf('a', 'host2/x')],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ errors: [{ hypervisor: 'host1', detail: 'has CEN a' }] });
    }
    expect(await rowCounts(database)).toEqual(before);
  });
});

describe('the hypervisor in front of a path', () => {
  it('may be its id, in any case', async () => {
    const { database, ask } = await fleet();
    const [rows] = await database.read([statement<{ id: string }>(`SELECT id FROM hypervisors WHERE name = 'host1'`)]);
    const id = rows[0]?.id ?? '';
    expect(await (await ask('PUT', `/hypervisors/${id.toUpperCase()}/cen/a/`)).json()).toMatchObject({
      hypervisors: ['host1'],
    });
    expect((await ask('POST', `/hypervisors/${id}/cen/import`, importOf('b', 'x'))).status).toBe(200);
    expect(await (await ask('GET', `/hypervisors/${id}/host/host1/x`)).json()).toMatchObject({ hostID: 'host1' });
  });

  it.each([
    ['GET', '/hypervisors/nobody/cen/a', 400, 'invalid hypervisor id'],
    ['PUT', '/hypervisors/nobody/cen/a', 400, 'invalid hypervisor id'],
    ['POST', '/hypervisors/nobody/cen/import', 400, 'invalid hypervisor id'],
    ['PUT', '/hypervisors/11111111-1111-4111-8111-111111111111/cen/a', 404, 'hypervisor 11111111'],
    ['PUT', '/hypervisors/-/cen/a', 400, 'invalid hypervisor id'],
    ['PUT', '/hypervisors/host1/host/host2/x', 404, 'Host host2 not found on hypervisor host1'],
    ['GET', '/hypervisors/host1/host/nobody/x', 404, 'Host nobody not found on hypervisor host1'],
    ['GET', '/hypervisors/host1/cen/a', 404, 'CEN a not found'],
    ['POST', '/hypervisors/host1/cen/a', 405, 'POST is not a method'],
    ['GET', '/hypervisors/host1/nothing', 404, 'Path '],
  ])('%s %s is a %i', async (method, path, status, detail) => {
    const { database, ask } = await fleet();
    const before = await rowCounts(database);
    const answer = await ask(method, path, method === 'POST' ? importOf('a', 'x') : undefined);
    expect(answer.status).toBe(status);
    expect((await answer.json()).detail).toContain(detail);
    expect(await rowCounts(database)).toEqual(before);
  });

  it.each([
    ['/hypervisors/nobody/v1/processes', 400, 'invalid hypervisor id'],
    ['/hypervisors/host1/v1/vfs/1', 404, 'sec_id 1 not found.'],
    ['/hypervisors/host1/v1/nothing', 404, 'Not found'],
  ])('%s answers text', async (path, status, text) => {
    const { ask } = await fleet();
    const answer = await ask('GET', path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain(text);
  });
});

describe('a Soft Patch Panel process of two hypervisors', () => {
  it('is a 409 with both, or the one of the hypervisor in front of the path', async () => {
    const { database, ask } = await fleet();
    await database.write([
      statement(
        `INSERT INTO spp_processes (hypervisor, process, type, connected, stale, status, body, version, since_ms)
         SELECT id, 1, 'nfv', 1, 0, '{}', json_object('on', name), 1, 0 FROM hypervisors`,
      ),
    ]);
    const both = await ask('GET', '/v1/nfvs/1');
    expect([both.status, await both.text()]).toEqual([409, 'Such a process is on host1 and on host2']);
    expect(await (await ask('GET', '/hypervisors/host2/v1/nfvs/1')).json()).toEqual({ on: 'host2' });
    expect(await (await ask('GET', '/hypervisors/host2/v1/processes')).json()).toEqual([
      { type: 'nfv', 'client-id': 1 },
    ]);
    const told = await ask(
      'PUT',
      '/hypervisors/host1/v1/nfvs/1/forward',
      { action: 'start' },
      { prefer: 'respond-async' },
    );
    expect(await told.json()).toMatchObject({ hypervisor: 'host1' });
    await kill(database, 'host2');
    expect(await (await ask('GET', '/v1/nfvs/1')).json()).toEqual({ on: 'host1' });
  });
});

describe('the requirements of a new resource', () => {
  const whereFor = async (database: Database, needs: Needs) => {
    const { sql, args, problem } = scheduled(needs);
    const [rows] = await database.read([
      statement<{ name: string }>(`SELECT name FROM hypervisors WHERE id = ${sql}`, args),
    ]);
    return (
      rows[0]?.name ?? (await problem(database)).errors?.map(({ hypervisor, detail }) => `${hypervisor} ${detail}`)
    );
  };

  it('may be networks: CENs by name, subnets by id', async () => {
    const { database, ask } = await fleet();
    const subnet = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
    await ask('PUT', '/hypervisors/host1/cen/lan');
    await ask('PATCH', '/hypervisors/host1/subnets', { [subnet]: 'br0' }, { prefer: 'respond-async' });
    expect(await whereFor(database, { technology: 'netns' })).toBe('host2');
    expect(await whereFor(database, { technology: 'netns', networks: ['lan', subnet] })).toBe('host1');
    expect(await whereFor(database, { technology: 'netns', networks: ['lan', 'wan'] })).toEqual([
      'host1 is not in all of lan, wan',
      'host2 is not in all of lan, wan',
    ]);
  });

  it('may be networks of libvirt, also those that weft did not make', async () => {
    const { database } = await fleet();
    await database.write([
      statement(`
        INSERT INTO vlan_networks (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
        SELECT 'x', id, 'vlan:1', '{"bridge":"br0","vlan":1}', 0, 'present', 'active', 0, 0 FROM hypervisors WHERE name = 'host1'`),
      statement(`
        INSERT INTO foreign_networks (hypervisor, name, uuid, state, autostart, persistent)
        SELECT id, 'default', 'y', 'active', 1, 1 FROM hypervisors WHERE name = 'host1'`),
    ]);
    expect(await whereFor(database, { technology: 'netns', networks: ['vlan:1'] })).toBe('host1');
    expect(await whereFor(database, { technology: 'netns', networks: ['default'] })).toBe('host1');
    expect(await whereFor(database, { technology: 'netns', networks: ['default', 'vlan:2'] })).toHaveLength(2);
  });

  it('may be memory, disk and cores', async () => {
    const { database } = await fleet();
    expect(await whereFor(database, { technology: 'netns', memory: 1000, cpu: 16 })).toBe('host2');
    expect(await whereFor(database, { technology: 'netns', memory: 2001 })).toEqual([
      'host1 has 1000 MB of memory available, 2001 MB requested',
      'host2 has 2000 MB of memory available, 2001 MB requested',
    ]);
    expect(await whereFor(database, { technology: 'netns', disk: 1 })).toEqual([
      'host1 has 0 MB of disk available, 1 MB requested',
      'host2 has 0 MB of disk available, 1 MB requested',
    ]);
    expect(await whereFor(database, { technology: 'netns', cpu: 17 })).toEqual([
      'host1 has 16 cores available, 17 requested',
      'host2 has 16 cores available, 17 requested',
    ]);
  });

  it('may be a technology', async () => {
    const { database } = await fleet();
    expect(await whereFor(database, { technology: 'libvirt' })).toEqual([
      'host1 has no libvirt: its executor has not reported its capabilities yet',
      'host2 has no libvirt: its executor has not reported its capabilities yet',
    ]);
  });

  it('are met by a hypervisor that can install the technology', async () => {
    const { database } = await fleet();
    const containers = { available: true, version: null, installable: true };
    await insertHypervisor(database, 'host3', JSON.stringify({ containers }));
    expect(await whereFor(database, { technology: 'containers' })).toBe('host3');
  });
});

it('a table that no kind of resource is placed by is an error, and is not ignored', () => {
  expect(() => scheduled({ technology: 'netns' }, { containrs: ['a'] })).toThrow('placed by containrs');
});

it('in a fleet of one it is that one, dead or alive', async () => {
  const { database, ask } = await api();
  await kill(database, 'host1');
  expect((await ask('PUT', '/cen/a')).status).toBe(200);
  expect((await ask('GET', '/cen/a')).status).toBe(200);
});
