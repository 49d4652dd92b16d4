import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { networks } from '../../../test/support/cins.ts';
import { rowCounts } from '../../../test/support/database.ts';
import { fleet } from '../../../test/support/fleet.ts';

describe('a request that cannot be fulfilled is refused with a pointer and leaves no row', () => {
  it.each<[string, string, string, unknown, number, string, unknown]>([
    [
      'an invalid body',
      'POST',
      '/cin/import',
      { net: ['a', 'a'] },
      400,
      '/net/1 CEN a is in the list twice',
      [{ pointer: '/net/1', detail: 'CEN a is in the list twice' }],
    ],
    [
      'a list that is none',
      'POST',
      '/cin/make',
      { cin1: [] },
      400,
      'The body must be a JSON list of CIN ids',
      [{ pointer: '', detail: 'must be a JSON list of CIN ids' }],
    ],
    [
      'unknown CENs',
      'POST',
      '/cin/import',
      { net: ['a', 'p'], more: { cens: ['q'] } },
      404,
      'CEN p, q not found; nothing was imported',
      [
        { pointer: '/net/1', detail: 'CEN p not found' },
        { pointer: '/more/cens/0', detail: 'CEN q not found' },
      ],
    ],
    [
      'a CEN of another CIN',
      'POST',
      '/cin/import',
      { net: { cens: ['b', 'a'] } },
      409,
      '/net/cens/1 CEN a is in CIN old',
      [{ pointer: '/net/cens/1', detail: 'CEN a is in CIN old' }],
    ],
    [
      'another block of a CIN',
      'POST',
      '/cin/import',
      { old: { cens: ['a'], cidr: '172.20.0.0/17' } },
      409,
      '/old/cidr CIN old has the block 172.20.0.0/16',
      [{ pointer: '/old/cidr', detail: 'CIN old has the block 172.20.0.0/16' }],
    ],
    [
      'a block of another CIN',
      'POST',
      '/cin/import',
      { fine: [], net: { cens: [], cidr: '172.20.128.0/17' } },
      409,
      '/net/cidr overlaps 172.20.0.0/16 of CIN old',
      [{ pointer: '/net/cidr', detail: 'overlaps 172.20.0.0/16 of CIN old' }],
    ],
    [
      'a block around that of another CIN',
      'POST',
      '/cin/import',
      { net: { cens: [], cidr: '172.16.0.0/12' } },
      409,
      '/net/cidr overlaps 172.20.0.0/16 of CIN old',
      [{ pointer: '/net/cidr', detail: 'overlaps 172.20.0.0/16 of CIN old' }],
    ],
    [
      'a block that the host uses',
      'POST',
      '/cin/import',
      { net: { cens: [], cidr: '192.168.0.0/16' } },
      422,
      '/net/cidr overlaps what the host uses: 192.168.4.2/24 on eth0',
      [{ pointer: '/net/cidr', detail: 'overlaps what the host uses: 192.168.4.2/24 on eth0' }],
    ],
    [
      'an unknown CIN',
      'GET',
      '/cin/nothing',
      undefined,
      404,
      'CIN nothing not found',
      [{ parameter: 'CinId', detail: 'CIN nothing not found' }],
    ],
    [
      'the deletion of an unknown CIN',
      'DELETE',
      '/cin/nothing',
      undefined,
      404,
      'CIN nothing not found',
      [{ parameter: 'CinId', detail: 'CIN nothing not found' }],
    ],
    [
      'a name that no CIN has',
      'DELETE',
      '/cin/make%20',
      undefined,
      400,
      expect.stringContaining('CinId must be 1 to 63'),
      [{ parameter: 'CinId', detail: expect.stringContaining('must be 1 to 63') }],
    ],
  ])('%s', async (_, method, path, body, status, detail, errors) => {
    const { database, ask, cins } = await networks({ a: ['x'], b: [] });
    await cins({ old: { cens: ['a'], cidr: '172.20.0.0/16' } });
    await database.write([
      statement(
        `INSERT INTO host_blocks (hypervisor, first, last, used_by)
         SELECT id, 0xc0a80400, 0xc0a804ff, '192.168.4.2/24 on eth0' FROM hypervisors`,
      ),
    ]);
    const before = await rowCounts(database);
    const answer = await ask(method, path, body);
    expect(await answer.json()).toMatchObject({ status, detail, errors });
    expect(answer.status).toBe(status);
    expect(await rowCounts(database)).toEqual(before);
  });

  it.each(['/cin/import', '/cin/make', '/cin/destroy'])('%s has no other method', async (path) => {
    const { ask } = await networks();
    const answer = await ask('GET', path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('in a fleet of two', () => {
  it('a CIN is on the hypervisor of its CENs, and each hypervisor has blocks of its own', async () => {
    const { ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/b');
    for (const [cin, cen] of [
      ['one', 'a'],
      ['two', 'b'],
    ] as const) {
      expect((await ask('POST', '/cin/import', { [cin]: [cen] })).status).toBe(200);
    }
    expect(await (await ask('GET', '/cin/one')).json()).toMatchObject({ hypervisors: ['host1'], cidr: '10.10.0.0/16' });
    expect(await (await ask('GET', '/cin/two')).json()).toMatchObject({ hypervisors: ['host2'], cidr: '10.10.0.0/16' });
    expect((await ask('GET', '/hypervisors/host1/cin/two')).status).toBe(404);
    expect(await (await ask('GET', '/hypervisors/host1/cin')).json()).toMatchObject({ cins: [{ cinID: 'one' }] });
    expect((await ask('POST', '/cin/import', { one: [] })).status).toBe(200);
    expect(await (await ask('GET', '/cin/one')).json()).toMatchObject({ hypervisors: ['host1'], cenIDs: [] });
    const made = await ask('POST', '/cin/make', ['one', 'two']);
    expect(await made.json()).toMatchObject({ kind: 'cin.make' });
  });

  it('CENs of different hypervisors are a 422', async () => {
    const { database, ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/b');
    const before = await rowCounts(database);
    const answer = await ask('POST', '/cin/import', { net: ['a', 'b'] });
    expect(await answer.json()).toMatchObject({
      status: 422,
      detail: 'CEN a is on host1, and CEN b on host2',
      errors: [
        { pointer: '/net/0', detail: 'CEN a is on host1' },
        { pointer: '/net/1', detail: 'CEN b is on host2' },
      ],
    });
    const prefixed = await ask('POST', '/hypervisors/host1/cin/import', { net: ['a', 'b'] });
    expect(await prefixed.json()).toMatchObject({ status: 404, detail: 'CEN b not found; nothing was imported' });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('a CEN, or a CIN, that both have is a 409 with the candidates', async () => {
    const { ask } = await fleet();
    for (const host of ['host1', 'host2']) {
      await ask('PUT', `/hypervisors/${host}/cen/a`);
      await ask('POST', `/hypervisors/${host}/cin/import`, { net: ['a'] });
    }
    for (const [method, path, body] of [
      ['POST', '/cin/import', { net: ['a'] }],
      ['POST', '/cin/import', { net: [] }],
      ['POST', '/cin/make', ['net']],
      ['GET', '/cin/net', undefined],
      ['DELETE', '/cin/net', undefined],
    ] as const) {
      const answer = await ask(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 409]);
      expect(await answer.json()).toMatchObject({ errors: [{ hypervisor: 'host1' }, { hypervisor: 'host2' }] });
    }
  });

  it('a CIN gets no CEN of another hypervisor, unless the path names that', async () => {
    const { ask } = await fleet();
    await ask('PUT', '/hypervisors/host1/cen/a');
    await ask('PUT', '/hypervisors/host2/cen/b');
    await ask('POST', '/cin/import', { net: ['a'] });
    const answer = await ask('POST', '/cin/import', { net: ['b'] });
    expect(await answer.json()).toMatchObject({
      status: 422,
      detail: 'CIN net is on host1; the CENs of one CIN are on one hypervisor',
      errors: [{ pointer: '/net', detail: 'CIN net is on host1' }],
    });
    expect((await ask('POST', '/hypervisors/host2/cin/import', { net: ['b'] })).status).toBe(200);
  });
});
