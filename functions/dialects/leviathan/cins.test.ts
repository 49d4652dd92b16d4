import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { cinBodySchema } from '../../../schema/api/leviathan-cins.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { example } from '../../../test/conformance/example.ts';
import { networks, succeed } from '../../../test/support/cins.ts';
import { rowCounts } from '../../../test/support/database.ts';

const asynchronously = { prefer: 'respond-async' };

/** What the host uses for itself, as its executor has seen it. */
async function uses(database: Database, ...blocks: readonly (readonly [first: number, last: number])[]): Promise<void> {
  await database.write(
    blocks.map(([first, last]) =>
      statement(
        `INSERT INTO host_blocks (hypervisor, first, last, used_by)
         SELECT id, :first, :last, 'the route 10.10.7.0/24 of eth1' FROM hypervisors`,
        { first, last },
      ),
    ),
  );
}

const octet = (b: number) => 0x0a000000 + b * 0x10000;

describe('POST /cin/import', () => {
  it('declares the CINs of the document’s example, and touches no host', async () => {
    const { database, ask } = await networks();
    await ask('POST', '/cen/import', example);
    const answer = await ask('POST', '/cin/import', { cin1: ['cen1'], cin2: ['cen2'] });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ imported: ['cin1', 'cin2'] });
    expect(await rowCounts(database)).toMatchObject({ operation_subjects: 0, cins: 2, cin_cens: 2, cin_addresses: 8 });
    const read = await (await ask('GET', '/cin/cin2')).json();
    expect(read).toEqual({
      cinID: 'cin2',
      cenIDs: ['cen2'],
      cidr: '10.11.0.0/16',
      gateway: '10.11.0.1',
      status: 'pending',
      hypervisors: ['host1'],
      containers: ['c4', 'c5', 'c6', 'c7'].map((contID, index) => ({ contID, ipaddress: `10.11.0.${10 + index}` })),
    });
    expect(v.is(v.strictObject(cinBodySchema.entries), read)).toBe(true);
    const operation = answer.headers.get('operation-id');
    expect(await (await ask('GET', `/operations/${operation}`)).json()).toMatchObject({
      kind: 'cin.import',
      status: 'succeeded',
      request: { cin1: ['cen1'], cin2: ['cen2'] },
    });
  });

  it('replaces the CENs when it is repeated; a container that stays keeps its address', async () => {
    const { ask, cins, offsets } = await networks({ a: ['x', 'y'], b: ['y', 'z'], c: ['w'] });
    await cins({ net: ['a', 'b'] });
    expect(await offsets('net')).toEqual({ x: 10, y: 11, z: 12 });
    await cins({ net: ['c', 'b'] });
    expect(await offsets('net')).toEqual({ y: 11, z: 12, w: 13 });
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({ cenIDs: ['c', 'b'], cidr: '10.10.0.0/16' });
    await cins({ net: ['b', 'c'] });
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({ cenIDs: ['b', 'c'] });
    await cins({ net: [] });
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({ cenIDs: [], containers: [] });
  });

  it('exchanges CENs of CINs that are not made', async () => {
    const { cins, offsets } = await networks({ a: ['x'], b: ['y'] });
    await cins({ one: ['a'], two: ['b'] });
    await cins({ one: ['b'], two: ['a'] });
    expect([await offsets('one'), await offsets('two')].map(Object.keys)).toEqual([['y'], ['x']]);
  });

  it('ignores no unknown member of the extension', async () => {
    const { ask } = await networks();
    const answer = await ask('POST', '/cin/import', { net: { cens: [], mtu: 9000 } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer: '/net/mtu', detail: 'unknown member' }] });
  });

  it('is the same operation when it is sent again with its key', async () => {
    const { database, ask } = await networks({ a: ['x'] });
    const send = () => ask('POST', '/cin/import', { net: ['a'] }, { 'idempotency-key': 'once' });
    const answers = await Promise.all([send(), send(), send()]);
    expect(new Set(answers.map(({ headers }) => headers.get('operation-id'))).size).toBe(1);
    expect(await rowCounts(database)).toMatchObject({ cins: 1, cin_cens: 1 });
  });

  it('revives a CIN that is to be deleted, which keeps its block', async () => {
    const { ask, database, cins } = await networks({ a: ['x'] });
    await cins({ first: [], net: ['a'] });
    await ask('DELETE', '/cin/net', undefined, asynchronously);
    expect((await ask('GET', '/cin/net')).status).toBe(404);
    await cins({ net: ['a'] });
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({ cenIDs: ['a'], cidr: '10.11.0.0/16' });
    await succeed(database);
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({ status: 'pending', cenIDs: ['a'] });
  });
});

describe('a block', () => {
  it('is the lowest that neither a CIN nor the host overlaps, in the order of the request', async () => {
    const { database, ask, cins } = await networks();
    await uses(
      database,
      [octet(10) + 0x700, octet(10) + 0x7ff],
      [octet(13) - 1, octet(13)],
      [octet(14) + 0x10000, octet(20)],
    );
    await cins({ own: { cens: [], cidr: '10.11.128.0/17' } });
    // 10: the host, 11: a CIN, 12 and 13: the host, 15 to 20: the host.
    await cins({ b: [], wide: { cens: [], cidr: '10.21.0.0/16' }, a: [] });
    const cidrs = await Promise.all(
      ['b', 'a', 'wide'].map(async (cin) => (await (await ask('GET', `/cin/${cin}`)).json()).cidr),
    );
    expect(cidrs).toEqual(['10.14.0.0/16', '10.22.0.0/16', '10.21.0.0/16']);
  });

  it('is free again when its CIN is gone', async () => {
    const { database, ask, cins } = await networks();
    await cins({ a: [], b: [], c: [] });
    await ask('DELETE', '/cin/b', undefined, asynchronously);
    await cins({ d: [] });
    await succeed(database);
    await cins({ e: [] });
    const cidrs = await Promise.all(
      ['d', 'e'].map(async (cin) => (await (await ask('GET', `/cin/${cin}`)).json()).cidr),
    );
    expect(cidrs).toEqual(['10.13.0.0/16', '10.11.0.0/16']);
  });

  it('is a 422 where too few are left, and nothing is imported', async () => {
    const { database, ask, cins } = await networks();
    await uses(database, [octet(12), octet(249) + 1]);
    await cins({ a: [] });
    const before = await rowCounts(database);
    const answer = await ask('POST', '/cin/import', { b: [], c: [], d: [] });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      detail: 'Too few of the blocks 10.10.0.0/16 to 10.250.0.0/16 are free on host1',
    });
    expect(await rowCounts(database)).toEqual(before);
    await cins({ b: [], c: [] });
    expect(await (await ask('GET', '/cin/c')).json()).toMatchObject({ cidr: '10.250.0.0/16' });
  });

  it('may be named; a small one begins with the containers after the gateway', async () => {
    const { ask, cins, offsets } = await networks({ a: ['x', 'y'] });
    await cins({ net: { cens: ['a'], cidr: '192.168.7.248/29' } });
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({
      cidr: '192.168.7.248/29',
      gateway: '192.168.7.249',
    });
    expect(await offsets('net')).toEqual({ x: 2, y: 3 });
    await cins({ net: { cens: ['a'], cidr: '192.168.7.248/29' } });
  });

  it('each of many simultaneous imports has another one', async () => {
    const { database, ask } = await networks();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, cin) => ask('POST', '/cin/import', { [`n${cin}`]: [] })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const [rows] = await database.read([
      statement('SELECT count(DISTINCT first) AS blocks, max(first) AS highest FROM cins'),
    ]);
    expect(rows).toEqual([{ blocks: 40, highest: octet(49) }]);
  });
});

describe('an address', () => {
  it('stays with a container that an import moves from one CEN of the CIN to another', async () => {
    const { ask, cins, offsets } = await networks({ a: ['x', 'y'], b: ['z'] });
    await cins({ net: ['a', 'b'] });
    const cenList = [
      { cenID: 'a', containerIDs: ['w'] },
      { cenID: 'b', containerIDs: ['z', 'y', 'x'] },
    ];
    expect((await ask('POST', '/cen/import', { cenList })).status).toBe(200);
    expect(await offsets('net')).toEqual({ x: 10, y: 11, z: 12, w: 13 });
  });

  it('is allocated to each of a hundred containers that join at once', async () => {
    const { ask, cins, offsets } = await networks({ a: [] });
    await cins({ net: ['a'] });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ask('PUT', `/host/host1/c${index}/a`, undefined, asynchronously)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const taken = Object.values(await offsets('net'));
    expect(taken).toEqual(Array.from({ length: 100 }, (_, index) => 10 + index));
  });

  it('is not shown of a container that has left', async () => {
    const { ask, cins } = await networks({ a: ['x', 'y'], b: ['z'] });
    await cins({ net: ['a', 'b'] });
    await ask('DELETE', '/host/host1/x/a', undefined, asynchronously);
    expect(await (await ask('GET', '/cin/net')).json()).toMatchObject({
      containers: [{ contID: 'y' }, { contID: 'z', ipaddress: '10.10.0.12' }],
    });
  });

  it('is shown of a container where its CIN is made, in the order of the blocks', async () => {
    const { database, ask, cins } = await networks({ a: ['x'], b: ['x'], c: ['x'] });
    await cins({ high: { cens: ['a'], cidr: '172.20.0.0/16' } });
    await cins({ low: ['b'], other: ['c'] });
    const addresses = async () => (await (await ask('GET', '/host/host1/x')).json()).ipaddresses;
    expect(await addresses()).toEqual([]);
    await ask('POST', '/cin/make', ['high', 'low']);
    expect(await addresses()).toEqual([]);
    await succeed(database);
    expect(await addresses()).toEqual(['10.10.0.10', '172.20.0.10']);
    const { containers } = await (await ask('GET', '/host/host1')).json();
    expect(containers).toMatchObject([{ contID: 'x', ipaddresses: ['10.10.0.10', '172.20.0.10'] }]);
  });

  it.each<[string, string, unknown, string]>([
    ['PUT', '/host/host1/c6/a', undefined, 'CIN net has room for 5 containers in 10.9.0.0/29, and has 5'],
    [
      'POST',
      '/cen/import',
      { cenList: [{ cenID: 'a', containerIDs: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'] }] },
      'CIN net has room for 5 containers in 10.9.0.0/29, and has 5',
    ],
    [
      'POST',
      '/cin/import',
      { net: ['a', 'b'] },
      'CIN net has room for 5 containers in 10.9.0.0/29, and its CENs have 7',
    ],
    [
      'POST',
      '/cin/import',
      { fine: { cens: ['b'], cidr: '10.7.0.0/29' }, second: { cens: ['large'], cidr: '10.8.0.0/29' } },
      'CIN second has room for 5 containers in 10.8.0.0/29, and its CENs have 6',
    ],
  ])('is missing: %s %s is a 422, and changes nothing', async (method, path, body, detail) => {
    const { database, ask, cins } = await networks({
      a: ['c1', 'c2', 'c3', 'c4', 'c5'],
      b: ['d1', 'd2'],
      large: ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'],
    });
    await cins({ net: { cens: ['a'], cidr: '10.9.0.0/29' } });
    const before = await rowCounts(database);
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail });
    expect(await rowCounts(database)).toEqual(before);
  });
});

describe('the lists', () => {
  it('have all CINs, CENs and containers as their own paths show them', async () => {
    const { ask, cins } = await networks({ b: ['y', 'x'], a: ['x'] });
    await cins({ two: ['b'], one: ['a'] });
    const read = async (path: string) => (await ask('GET', path)).json();
    const each = (paths: string[]) => Promise.all(paths.map(read));
    expect(await read('/cin')).toEqual({ cins: await each(['/cin/one', '/cin/two']) });
    expect(await read('/cen')).toEqual({ cens: await each(['/cen/a', '/cen/b']) });
    expect(await read('/host/host1')).toEqual({ containers: await each(['/host/host1/x', '/host/host1/y']) });
    expect(await read('/hypervisors/host1/host/host1?limit=1')).toMatchObject({
      containers: [{ contID: 'x' }],
      next: expect.any(String),
    });
  });

  it('of an unknown hypervisor are an error', async () => {
    const { ask } = await networks();
    const id = crypto.randomUUID();
    for (const path of [`/hypervisors/${id}/cin`, `/hypervisors/${id}/cen`, '/host/host9']) {
      expect([path, (await ask('GET', path)).status]).toEqual([path, 404]);
    }
  });
});

describe('the views', () => {
  it('show CINs and their addresses', async () => {
    const { database, cins } = await networks({ a: ['x'], b: ['y', 'x'] });
    await cins({ net: ['b', 'a'] });
    const [rows, addresses] = await database.read([
      statement('SELECT hypervisor, cin, cidr, gateway, cens, size, made, wanted_made, state FROM v_cins'),
      statement('SELECT hypervisor, cin, container, address, cens FROM v_cin_addresses ORDER BY address'),
    ]);
    expect(rows).toEqual([
      {
        ...{ hypervisor: 'host1', cin: 'net', cidr: '10.10.0.0/16', gateway: '10.10.0.1', cens: 'b a', size: 2 },
        ...{ made: 0, wanted_made: 0, state: 'pending' },
      },
    ]);
    expect(addresses).toEqual([
      { hypervisor: 'host1', cin: 'net', container: 'y', address: '10.10.0.10', cens: 'b' },
      { hypervisor: 'host1', cin: 'net', container: 'x', address: '10.10.0.11', cens: 'b a' },
    ]);
  });
});
