import { describe, expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { api } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';

const id = 'c6430cba-648a-41aa-aee4-b59dacfc790d';

async function subnet(fields: Record<string, unknown>) {
  const { database, ask } = await api();
  const made = await ask('POST', '/subnets', { id, ...fields });
  expect(made.status).toBe(201);
  const reserve = async (body?: unknown) => {
    const answer = await ask('POST', `/subnets/${id}/addresses`, body);
    return { status: answer.status, body: await answer.json() };
  };
  const release = async (address: string) => (await ask('DELETE', `/subnets/${id}/addresses/${address}`)).status;
  return { database, ask, reserve, release };
}

describe('/subnets', () => {
  it('generates an id if none is given, and returns its Location', async () => {
    const { ask } = await api();
    const answer = await ask('POST', '/subnets', { cidr: '2001:DB8::/64', metadata: { rack: 7 } });
    const body = await answer.json();
    expect(answer.headers.get('location')).toBe(`/subnets/${body.id}`);
    expect(body).toMatchObject({
      cidr: '2001:db8::/64',
      gateway: null,
      start: '2001:db8::1',
      metadata: { rack: 7 },
      hypervisors: [],
    });
    expect(await (await ask('GET', '/subnets')).json()).toEqual({ subnets: [body] });
  });

  it('defines a stub, once', async () => {
    const { ask } = await api();
    await ask('PATCH', '/hypervisors/host1/subnets', { [id]: 'br0' }, { prefer: 'respond-async' });
    expect(await (await ask('GET', `/subnets/${id}`)).json()).toMatchObject({
      cidr: null,
      start: null,
      free: null,
      reserved: 0,
    });
    expect((await ask('POST', `/subnets/${id}/addresses`)).status).toBe(422);
    expect((await ask('POST', '/subnets', { id, cidr: '10.7.0.0/24' })).status).toBe(201);
    expect((await ask('POST', '/subnets', { id: id.toUpperCase(), cidr: '10.8.0.0/24' })).status).toBe(409);
    expect(await (await ask('GET', `/subnets/${id}`)).json()).toMatchObject({
      cidr: '10.7.0.0/24',
      hypervisors: [{ name: 'host1', interface: 'br0', state: 'pending', error: null }],
    });
  });

  it('merges a change, and gives a new block its own first and last address', async () => {
    const { ask } = await subnet({ cidr: '10.7.0.0/24', gateway: '10.7.0.1', start: '10.7.0.9', end: '10.7.0.20' });
    const change = async (body: unknown) => (await ask('PATCH', `/subnets/${id}`, body)).json();
    expect(await change({ end: '10.7.0.30' })).toMatchObject({
      start: '10.7.0.9',
      end: '10.7.0.30',
      gateway: '10.7.0.1',
    });
    expect(await change({ cidr: '10.7.0.0/16', gateway: null })).toMatchObject({
      start: '10.7.0.1',
      end: '10.7.255.254',
      gateway: null,
    });
    expect(await change({ metadata: { a: 1 } })).toMatchObject({ metadata: { a: 1 }, cidr: '10.7.0.0/16' });
  });

  it('in use cannot be removed', async () => {
    const { database, ask, reserve, release } = await subnet({ cidr: '10.7.0.0/24' });
    await reserve({ address: '10.7.0.5' });
    const before = await rowCounts(database);
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { end: '10.7.0.4' }],
      ['PATCH', { start: '10.7.0.6' }],
      ['PATCH', { gateway: '10.7.0.5' }],
      ['PATCH', { cidr: '10.6.0.0/24' }],
      ['PATCH', { cidr: '2001:db8::/64' }],
    ] as const) {
      expect([method, (await ask(method, `/subnets/${id}`, body)).status]).toEqual([method, 409]);
    }
    expect(await rowCounts(database)).toEqual(before);
    expect(await release('10.7.0.5')).toBe(200);
    expect((await ask('DELETE', `/subnets/${id}`)).status).toBe(200);
    expect((await ask('GET', `/subnets/${id}`)).status).toBe(404);
  });

  it('may grow to a block with an earlier first address: reservations stay unchanged', async () => {
    const { ask, reserve, release } = await subnet({ cidr: '10.7.2.0/24' });
    for (let turn = 0; turn < 5; turn += 1) await reserve({ owner: `vm${turn}` });
    const before = await (await ask('GET', `/subnets/${id}/addresses`)).json();
    expect((await ask('PATCH', `/subnets/${id}`, { cidr: '10.7.0.0/16' })).status).toBe(200);
    expect(await (await ask('GET', `/subnets/${id}/addresses`)).json()).toEqual(before);
    expect((await reserve()).body.address).toBe('10.7.0.1');
    expect(await release('10.7.0.1')).toBe(200);
    expect((await ask('PATCH', `/subnets/${id}`, { cidr: '10.7.2.0/23' })).status).toBe(200);
    expect(await (await ask('GET', `/subnets/${id}/addresses`)).json()).toEqual(before);
  });

  it('serialises concurrent changes', async () => {
    const { ask } = await subnet({ cidr: '10.7.0.0/24' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask('PATCH', `/subnets/${id}`, { end: `10.7.0.${100 + index}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect((await ask('GET', `/subnets/${id}`)).headers.get('etag')).toBe('"21"');
  });

  it('is not changed with another entity tag', async () => {
    const { ask } = await subnet({ cidr: '10.7.0.0/24' });
    const etag = (await ask('GET', `/subnets/${id}`)).headers.get('etag') ?? '';
    const headers = { 'if-match': etag };
    expect((await ask('PATCH', `/subnets/${id}`, { metadata: {} }, headers)).status).toBe(200);
    expect((await ask('PATCH', `/subnets/${id}`, { metadata: {} }, headers)).status).toBe(412);
    // Nor is it said what would be wrong with a subnet that the client has not seen.
    expect((await ask('PATCH', `/subnets/${id}`, { end: '10.7.0.300' }, headers)).status).toBe(412);
    expect((await ask('DELETE', `/subnets/${id}`, undefined, headers)).status).toBe(412);
  });

  it.each([
    ['POST', '/subnets', {}, 400, '/cidr'],
    ['POST', '/subnets', { cidr: '10.7.0.1/24' }, 400, '/cidr'],
    ['POST', '/subnets', { cidr: '10.7.0.0/24', vlan: 7 }, 400, '/vlan'],
    ['POST', '/subnets', { cidr: '10.7.0.0/24', start: '10.8.0.1' }, 400, '/start'],
    ['POST', '/subnets', { id: 'x', cidr: '10.7.0.0/24' }, 400, '/id'],
    ['PATCH', `/subnets/${id}`, { id: '11111111-1111-4111-8111-111111111111' }, 400, '/id'],
    ['PATCH', `/subnets/${id}`, { end: '10.7.0.300' }, 400, '/end'],
    ['POST', `/subnets/${id}/addresses`, { address: '10.7.1.1' }, 400, '/address'],
    ['POST', `/subnets/${id}/addresses`, { address: '10.7.0.255' }, 400, '/address'],
    ['POST', `/subnets/${id}/addresses`, { address: 'ten' }, 400, '/address'],
    ['POST', `/subnets/${id}/addresses`, { owner: 5 }, 400, '/owner'],
    ['POST', `/subnets/${id}/addresses`, { who: 'me' }, 400, '/who'],
    ['POST', `/subnets/${id}/addresses`, { address: '10.7.0.1' }, 409, '/address'],
    ['GET', '/subnets/x', undefined, 400, undefined],
    ['GET', '/subnets/11111111-1111-4111-8111-111111111111', undefined, 404, undefined],
    ['GET', `/subnets/${id}/addresses/10.7.0.9`, undefined, 404, undefined],
    ['DELETE', `/subnets/${id}/addresses/10.8.0.9`, undefined, 404, undefined],
    ['DELETE', `/subnets/${id}/addresses/x`, undefined, 400, undefined],
    ['PUT', `/subnets/${id}`, {}, 405, undefined],
    ['PUT', `/subnets/${id}/addresses`, {}, 405, undefined],
  ])('%s %s %j is a %i, and leaves no row', async (method, path, body, status, pointer) => {
    const { database, ask } = await subnet({ cidr: '10.7.0.0/24', gateway: '10.7.0.1' });
    const before = await rowCounts(database);
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(status);
    const problem = await answer.json();
    if (pointer !== undefined) expect(problem.errors).toEqual([expect.objectContaining({ pointer })]);
    expect(await rowCounts(database)).toEqual(before);
  });
});

describe('addresses', () => {
  it('are reserved for fifty of a hundred concurrent requests for one of fifty', async () => {
    const { database, ask, reserve } = await subnet({ cidr: '10.7.0.0/24', start: '10.7.0.10', end: '10.7.0.59' });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => reserve({ owner: `vm${index}` })));
    const given = answers.filter(({ status }) => status === 201).map(({ body }) => body.address);
    expect(new Set(given).size).toBe(50);
    expect(given).toHaveLength(50);
    const refusals = answers.filter(({ status }) => status === 422);
    expect(refusals).toHaveLength(50);
    for (const { body } of refusals) {
      expect(body.detail).toBe(`Subnet ${id} has no free address from 10.7.0.10 to 10.7.0.59`);
    }
    expect(await (await ask('GET', `/subnets/${id}`)).json()).toMatchObject({ free: 0, reserved: 50 });
    expect((await rowCounts(database)).operations).toBe(51);
  });

  it('are the lowest free ones, and never the gateway', async () => {
    const { ask, reserve, release } = await subnet({ cidr: '10.7.0.0/29', gateway: '10.7.0.3' });
    const addresses = async () =>
      (await (await ask('GET', `/subnets/${id}/addresses`)).json()).addresses.map(
        ({ address }: { address: string }) => address,
      );
    for (let turn = 0; turn < 5; turn += 1) await reserve();
    expect(await addresses()).toEqual(['10.7.0.1', '10.7.0.2', '10.7.0.4', '10.7.0.5', '10.7.0.6']);
    expect((await reserve()).status).toBe(422);
    expect(await release('10.7.0.4')).toBe(200);
    expect(await release('10.7.0.4')).toBe(404);
    expect(await release('10.7.0.2')).toBe(200);
    expect((await reserve()).body).toMatchObject({ address: '10.7.0.2', owner: null });
    expect((await reserve({ address: '10.7.0.4', owner: 'me' })).body).toMatchObject({
      address: '10.7.0.4',
      owner: 'me',
    });
    expect((await reserve({ address: '10.7.0.4' })).status).toBe(409);
  });

  it('may be of IPv6, and are shown in SQL within its range of integers', async () => {
    const { database, reserve } = await subnet({ cidr: '2001:db8::/64', start: '2001:db8::ff' });
    expect((await reserve()).body.address).toBe('2001:db8::ff');
    expect((await reserve()).body.address).toBe('2001:db8::100');
    expect((await reserve({ address: '2001:DB8:0::abcd:1' })).body.address).toBe('2001:db8::abcd:1');
    const [rows] = await database.read([statement('SELECT address FROM v_addresses ORDER BY address')]);
    expect(rows).toEqual([
      { address: '2001:db8::/64 + 255' },
      { address: '2001:db8::/64 + 256' },
      { address: '2001:db8::/64 + 2882338817' },
    ]);
  });

  it('of IPv4 are addresses in SQL, too', async () => {
    const { database, reserve } = await subnet({ cidr: '10.7.254.0/23' });
    await reserve({ address: '10.7.255.9', owner: 'web1' });
    const [rows] = await database.read([statement('SELECT cidr, address, owner FROM v_addresses')]);
    expect(rows).toEqual([{ cidr: '10.7.254.0/23', address: '10.7.255.9', owner: 'web1' }]);
    const [subnets] = await database.read([statement('SELECT free, reserved, first_address FROM v_subnets')]);
    expect(subnets).toEqual([{ free: 509, reserved: 1, first_address: '10.7.254.1' }]);
  });

  it('are the same for a repeated key', async () => {
    const { ask } = await subnet({ cidr: '10.7.0.0/24' });
    const headers = { 'idempotency-key': 'k1' };
    const answers = await Promise.all([1, 2, 3].map(() => ask('POST', `/subnets/${id}/addresses`, {}, headers)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const addresses = await Promise.all(answers.map(async (answer) => (await answer.json()).address));
    expect(addresses).toEqual(['10.7.0.1', '10.7.0.1', '10.7.0.1']);
  });
});
