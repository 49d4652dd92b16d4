import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { hostBodySchema } from '../../../schema/api/compute/hosts.ts';
import { client } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { DomainsApi, failed } from '../../../test/support/domains/api.ts';
import { until } from '../../../test/support/until.ts';

const good = { memory: 512, disks: [8], networks: ['lan'] };

describe('POST /hosts/{hostname}', () => {
  it.each([
    [{}, ['/memory', '/disks', '/networks'], 'is missing'],
    [[], [''], 'must be an object'],
    [{ ...good, memory: 0 }, ['/memory'], 'must be at least 1'],
    [{ ...good, memory: '512' }, ['/memory'], 'must be a number of MB'],
    [{ ...good, memory: 1.5 }, ['/memory'], 'must be a whole number'],
    [{ ...good, memory: 1e12 }, ['/memory'], 'must be at most'],
    [{ ...good, vcpus: 0 }, ['/vcpus'], 'must be at least 1'],
    [{ ...good, vcpus: 256 }, ['/vcpus'], 'must be at most 255'],
    [{ ...good, disks: 8 }, ['/disks'], 'must be a list'],
    [{ ...good, disks: [] }, ['/disks'], 'must have at least one disk'],
    [{ ...good, disks: [8, 0, 'x'] }, ['/disks/1', '/disks/2'], ''],
    [{ ...good, disks: Array.from({ length: 27 }, () => 1) }, ['/disks'], 'must have at most 26 disks'],
    [{ ...good, networks: 'lan' }, ['/networks'], 'must be a list'],
    [{ ...good, networks: ['a b', 7, null] }, ['/networks/0', '/networks/1', '/networks/2'], ''],
    [{ ...good, networks: [{ mac: '52:54:00:00:00:01' }] }, ['/networks/0/name'], 'is missing'],
    [{ ...good, networks: [{ name: 'lan', mac: '01:00:5e:00:00:01' }] }, ['/networks/0/mac'], 'unicast'],
    [{ ...good, networks: [{ name: 'lan', mac: 'fe:54:00:00:00:01' }] }, ['/networks/0/mac'], 'not begin with fe'],
    [
      {
        ...good,
        networks: [
          { name: 'lan', mac: '52:54:00:00:00:01' },
          { name: 'lan', mac: '52-54-00-00-00-01' },
        ],
      },
      ['/networks/1'],
      'is in the list twice',
    ],
    [{ ...good, start: 1 }, ['/start'], 'must be true or false'],
    [{ ...good, autostart: 'yes' }, ['/autostart'], 'must be true or false'],
    [{ ...good, location: 'http://x', cmdline: 'a', console: true }, ['/location', '/cmdline', '/console'], 'install'],
    [{ ...good, install: false, location: 'http://x' }, ['/location'], 'install'],
    [{ ...good, install: 'yes' }, ['/install'], 'must be true or false'],
  ])('refuses %j and says which members are wrong', async (body, pointers, words) => {
    const api = await DomainsApi.start();
    const before = await rowCounts(api.database);
    const answer = await api.send('POST', '/hosts/a', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid' } });
    const errors: { pointer: string; detail: string }[] = answer.body.errors;
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
    for (const { detail } of errors) expect(detail).toContain(words);
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it('answers the host: its disks with serial numbers, its interfaces with addresses', async () => {
    const api = await DomainsApi.start();
    const request = {
      memory: 512,
      vcpus: 2,
      disks: [8, 1],
      networks: ['lan', { name: 'lan', mac: '52-54-00-AB-00-01' }],
    };
    const waiting = api.ask('POST', '/hosts/ns.example.com/', request, { prefer: 'wait=10' });
    await until('the request is recorded', async () => (await api.rows()).length > 0);
    expect((await api.get('ns.example.com')).body).toMatchObject({ state: 'defining' });
    await api.end();
    const answer = await waiting;
    expect(answer.status).toBe(200);
    const body = v.parse(v.strictObject(hostBodySchema.entries), await answer.json());
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'ns.example.com',
      state: 'running',
      memory: 512,
      vcpus: 2,
      disks: [
        { size: 8, serial: expect.stringMatching(/^[0-9a-f]{12}-0$/) },
        { size: 1, serial: expect.stringMatching(/^[0-9a-f]{12}-1$/) },
      ],
      networks: [
        { name: 'lan', mac: expect.stringMatching(/^02(:[0-9a-f]{2}){5}$/) },
        { name: 'lan', mac: '52:54:00:ab:00:01' },
      ],
      autostart: true,
      hypervisor: 'host1',
      managed: true,
      error: null,
    });
    expect(answer.headers.get('etag')).toBe('"0"');
    expect((await api.get('ns.example.com')).body).toEqual(body);
  });

  it('needs no start and no network', async () => {
    const api = await DomainsApi.start();
    await api.created('a', { networks: [], start: false, autostart: false });
    expect((await api.get('a')).body).toMatchObject({ state: 'shut off', networks: [], autostart: false });
  });

  it('says what weft cannot do yet', async () => {
    const api = await DomainsApi.start();
    const before = await rowCounts(api.database);
    const members = { install: true, location: 'http://x', image: 'debian', user_data: 'x', ssh_keys: ['x'] };
    expect(await api.create('a', members)).toMatchObject({
      status: 422,
      body: { errors: ['/install', '/image', '/user_data', '/ssh_keys'].map((pointer) => ({ pointer })) },
    });
    expect(await rowCounts(api.database)).toEqual(before);
    expect((await api.create('a', { install: false })).status).toBe(202);
  });

  it('is a 409 for a name that a host has, whoever made it', async () => {
    const api = await DomainsApi.start();
    await api.created('a');
    await api.addHypervisor('host2');
    for (const path of ['/hosts/a', '/hypervisors/host1/hosts/a']) {
      expect(await api.send('POST', path, good)).toMatchObject({
        status: 409,
        body: { code: 'exists', detail: 'Host a exists on host1' },
      });
    }
    await api.write(
      `INSERT INTO foreign_domains SELECT id, 'u', 'b', 'running', 1, 1 FROM hypervisors WHERE name = 'host2'`,
    );
    for (const path of ['/hosts/b', '/hypervisors/host2/hosts/b']) {
      expect(await api.send('POST', path, good)).toMatchObject({
        status: 409,
        body: { code: 'exists', detail: 'Host b of host2 was not made by weft' },
      });
    }
    expect((await api.send('POST', '/hypervisors/host1/hosts/b', good)).status).toBe(202);
    expect((await api.send('POST', '/hypervisors/host2/hosts/a', good)).status).toBe(202);
    await api.end();
    await api.send('DELETE', '/hypervisors/host1/hosts/a');
    expect(await api.send('POST', '/hypervisors/host1/hosts/a', good)).toMatchObject({
      status: 409,
      body: { detail: 'Host a is being deleted' },
    });
  });

  it('is a 409 for an address that an interface has', async () => {
    const api = await DomainsApi.start();
    const networks = [{ name: 'lan', mac: '52:54:00:00:00:01' }];
    await api.created('a', { networks });
    const before = await rowCounts(api.database);
    expect(await api.create('b', { networks: ['lan', ...networks] })).toMatchObject({
      status: 409,
      body: {
        detail: 'MAC address 52:54:00:00:00:01 is that of a on host1',
        errors: [{ pointer: '/networks/1/mac', detail: 'is that of a' }],
      },
    });
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it('is a 422 for a network that the hypervisor does not have', async () => {
    const api = await DomainsApi.start();
    const before = await rowCounts(api.database);
    expect(await api.create('a', { networks: ['lan', 'wan', { name: 'dmz' }] })).toMatchObject({
      status: 422,
      body: {
        detail: 'host1 has no network wan, dmz',
        errors: [{ pointer: '/networks/1' }, { pointer: '/networks/2' }],
      },
    });
    expect(await rowCounts(api.database)).toEqual(before);
    await api.addHypervisor('host2');
    expect(await api.create('a', { networks: ['wan'] })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('host1 is not in all of wan') },
    });
  });

  it('is a 422 where there is no libvirt, and waits where it is away', async () => {
    const api = await DomainsApi.start();
    await api.write(
      `UPDATE hypervisors SET capabilities = '{"libvirt":{"available":false,"reason":"it is not installed"}}'`,
    );
    expect(await api.create('a')).toMatchObject({
      status: 422,
      body: { detail: 'host1 has no virtual machines: it is not installed' },
    });
    await api.write(
      `UPDATE hypervisors SET capabilities = '{"libvirt":{"available":false,"reason":"gone","away":true}}'`,
    );
    expect(await api.create('a')).toMatchObject({
      status: 202,
      body: { waiting: 'waiting for libvirt on host1: gone' },
    });
  });

  it('that failed leaves nothing, and is asked for again by the retry of its operation', async () => {
    const api = await DomainsApi.start();
    const before = await rowCounts(api.database);
    const { body } = await api.create('a', { vcpus: 2 });
    await api.end(failed);
    expect(await api.rows()).toEqual([]);
    expect(await api.reserved()).toEqual([]);
    const { operations: _, events: __, ...left } = await rowCounts(api.database);
    expect(before).toMatchObject(left);
    expect((await api.send('POST', `/operations/${body.id}/retry`)).status).toBe(202);
    await api.end();
    expect(await api.rows()).toMatchObject([{ name: 'a', vcpus: 2, state: 'running' }]);
  });

  it('and all other writes are for nobody without the token', async () => {
    const api = await DomainsApi.start();
    const ask = client(api.database, 'a-token-of-an-admin');
    const requests = [
      ['POST', '/hosts/a', good],
      ['PATCH', '/hosts/a', { memory: 1 }],
      ['PUT', '/hosts/a/start', undefined],
      ['DELETE', '/hosts/a', undefined],
    ] as const;
    for (const [method, path, body] of requests) expect((await ask(method, path, body)).status).toBe(401);
  });
});

describe('the name of a host', () => {
  it.each([
    'A',
    'a_b',
    'a..b',
    '.a',
    'a.',
    '-a',
    'a-',
    `${'a'.repeat(64)}`,
    `a.${'bc.'.repeat(84)}d`,
    'a%20b',
    'a%00',
    'a%2Fb',
  ])('%s is a 400 for every request', async (name) => {
    const api = await DomainsApi.start();
    const requests = [
      ['POST', name, good],
      ['GET', name, undefined],
      ['PATCH', name, {}],
      ['DELETE', name, undefined],
      ['PUT', `${name}/start`, undefined],
    ] as const;
    for (const [method, path, body] of requests) {
      const answer = await api.send(method, `/hosts/${path}`, body);
      expect([method, answer.status, answer.body.errors?.[0]?.parameter]).toEqual([method, 400, 'hostname']);
    }
  });

  it('is a 404 if nobody has it, and a 409 that names the hypervisors if several have it', async () => {
    const api = await DomainsApi.start();
    await api.addHypervisor('host2');
    const requests = [
      ['GET', 'a', undefined],
      ['PATCH', 'a', {}],
      ['DELETE', 'a', undefined],
      ['PUT', 'a/start', undefined],
    ] as const;
    for (const [method, path, body] of requests) {
      expect(await api.send(method, `/hosts/${path}`, body)).toMatchObject({
        status: 404,
        body: { detail: 'Host a not found' },
      });
      expect((await api.send(method, `/hypervisors/none/hosts/${path}`, body)).status).toBe(400);
    }
    for (const host of ['host1', 'host2']) await api.send('POST', `/hypervisors/${host}/hosts/a`, good);
    for (const [method, path, body] of requests) {
      expect(await api.send(method, `/hosts/${path}`, body)).toMatchObject({
        status: 409,
        body: { errors: [{ hypervisor: 'host1' }, { hypervisor: 'host2' }] },
      });
    }
    expect((await api.send('GET', '/hypervisors/host2/hosts/a')).body).toMatchObject({ hypervisor: 'host2' });
  });
});
