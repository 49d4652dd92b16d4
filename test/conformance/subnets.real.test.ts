import { describe, expect, it } from 'vitest';
import { aFleet, anApi, ID, must, NOBODY, OTHER_SUBNET, placeOf, SUBNET, written } from './hypervisors-server.ts';

const path = `/subnets/${SUBNET}`;

describe('a subnet', () => {
  it('has all host addresses of its block by default', async () => {
    const weft = await anApi();
    const blocks: [Record<string, string>, Record<string, unknown>][] = [
      [{ cidr: '10.7.0.0/24' }, { start: '10.7.0.1', end: '10.7.0.254', free: 254 }],
      [
        { cidr: '10.7.0.0/24', gateway: '10.7.0.1' },
        { start: '10.7.0.1', end: '10.7.0.254', free: 253 },
      ],
      [
        { cidr: '10.7.0.0/24', gateway: '10.7.0.9', end: '10.7.0.8' },
        { start: '10.7.0.1', end: '10.7.0.8', free: 8 },
      ],
      [
        { cidr: '10.7.0.0/24', start: '10.7.0.9', end: '10.7.0.9' },
        { start: '10.7.0.9', end: '10.7.0.9', free: 1 },
      ],
      [{ cidr: '10.0.0.0/8' }, { start: '10.0.0.1', end: '10.255.255.254', free: 16_777_214 }],
      [{ cidr: '10.7.0.4/30' }, { start: '10.7.0.5', end: '10.7.0.6', free: 2 }],
      [{ cidr: '10.7.0.4/31' }, { start: '10.7.0.4', end: '10.7.0.5', free: 2 }],
      [{ cidr: '10.7.0.4/32' }, { start: '10.7.0.4', end: '10.7.0.4', free: 1 }],
      [{ cidr: '2001:DB8::/112' }, { cidr: '2001:db8::/112', start: '2001:db8::1' }],
      [
        { cidr: '2001:db8::10/124', start: '2001:db8:0::12', end: '2001:DB8::15' },
        { end: '2001:db8::15', free: 4 },
      ],
    ];
    for (const [sent, shown] of blocks) {
      const { status, headers, body } = await weft.request('POST', '/subnets', sent);
      expect([sent, status, headers.get('location')]).toEqual([sent, 201, `/subnets/${body.id}`]);
      expect(body, JSON.stringify(sent)).toMatchObject({ ...shown, metadata: {}, reserved: 0, hypervisors: [] });
      expect(await must(weft, 'GET', `/subnets/${body.id}`)).toEqual(body);
      expect(Object.keys(body)).toEqual([
        'id',
        'cidr',
        'gateway',
        'start',
        'end',
        'metadata',
        'free',
        'reserved',
        'hypervisors',
      ]);
    }
    const { subnets: list } = await must<{ subnets: { cidr: string }[] }>(weft, 'GET', '/subnets');
    expect(list.map(({ cidr }) => cidr)).toEqual(blocks.map(([{ cidr }]) => cidr?.toLowerCase()));
  });

  it('that is invalid is refused with the invalid member', async () => {
    const weft = await anApi();
    const block = { cidr: '10.7.0.0/24' };
    const wrong: [Record<string, unknown>, string][] = [
      [{}, '/cidr'],
      ...[
        '10.7.0.1/24',
        '10.7.0.0/33',
        '10.7.0.0',
        '10.7.0.0/',
        '10.7.0.0/x',
        '2001:db8::1/64',
        '::/129',
        'x',
        7,
        '',
      ].map((cidr): [Record<string, unknown>, string] => [{ cidr }, '/cidr']),
      [{ ...block, gateway: '10.8.0.1' }, '/gateway'],
      [{ ...block, gateway: '2001:db8::1' }, '/gateway'],
      [{ ...block, start: '10.6.255.255' }, '/start'],
      [{ ...block, start: '::1' }, '/start'],
      [{ ...block, end: '10.7.1.0' }, '/end'],
      [{ ...block, end: 'x' }, '/end'],
      [{ ...block, metadata: [] }, '/metadata'],
      [{ ...block, vlan: 7 }, '/vlan'],
      [{ ...block, id: 'x' }, '/id'],
    ];
    const before = await written(weft);
    for (const [body, place] of wrong) {
      const answer = await weft.request('POST', '/subnets', body);
      expect([body, answer.status, placeOf(answer.body)]).toEqual([body, 400, place]);
    }
    const disordered = await weft.request('POST', '/subnets', { ...block, start: '10.7.0.9', end: '10.7.0.8' });
    expect(disordered.status).toBe(400);
    expect(placeOf(disordered.body)).toMatch(/^\/(start|end)$/);
    for (const body of ['', '{', '[]', 'null']) {
      expect([body, (await weft.request('POST', '/subnets', body)).status]).toEqual([body, 400]);
    }
    expect(await written(weft)).toEqual(before);
  });

  it('may be sent back as it was answered', async () => {
    const weft = await anApi();
    const subnet = await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24', gateway: '10.7.0.1' });
    expect(await weft.request('PATCH', path, subnet)).toMatchObject({ status: 200, body: subnet });
  });

  it('is defined once, by one of many concurrent requests', async () => {
    const weft = await anApi();
    const turns = Array.from({ length: 20 }, () =>
      weft.request('POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' }),
    );
    const statuses = (await Promise.all(turns)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  it('keeps members that a change omits', async () => {
    const weft = await anApi();
    await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24', gateway: '10.7.0.1', metadata: { a: 1 } });
    const before = await must(weft, 'GET', path);
    expect(await must(weft, 'PATCH', path, {})).toEqual(before);
    expect(await must(weft, 'PATCH', path, { start: '10.7.0.100' })).toEqual({
      ...before,
      start: '10.7.0.100',
      free: 155,
    });
    expect(await must(weft, 'PATCH', path, { metadata: { b: 2 } })).toMatchObject({
      start: '10.7.0.100',
      gateway: '10.7.0.1',
      metadata: { b: 2 },
    });
  });

  it('is not changed to exclude a reserved address', async () => {
    const weft = await anApi();
    await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' });
    for (const address of ['10.7.0.20', '10.7.0.30']) await must(weft, 'POST', `${path}/addresses`, { address });
    const before = await written(weft);
    for (const body of [
      { start: '10.7.0.21' },
      { end: '10.7.0.29' },
      { start: '10.7.0.21', end: '10.7.0.29' },
      { gateway: '10.7.0.20' },
      { cidr: '10.9.0.0/24' },
      { cidr: '10.7.0.0/28' },
      { cidr: '2001:db8::/64' },
    ]) {
      const answer = await weft.request('PATCH', path, body);
      expect([body, answer.status]).toEqual([body, 409]);
    }
    expect(await written(weft)).toEqual(before);
    expect(await must(weft, 'PATCH', path, { start: '10.7.0.20', end: '10.7.0.30' })).toMatchObject({
      free: 9,
      reserved: 2,
    });
  });

  it('keeps its reservations when its block grows', async () => {
    const weft = await anApi();
    await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.2.0/24', gateway: '10.7.2.1' });
    await must(weft, 'POST', `${path}/addresses`, { address: '10.7.2.20', owner: 'web' });
    expect(await must(weft, 'PATCH', path, { cidr: '10.7.2.0/23' })).toMatchObject({ end: '10.7.3.254', reserved: 1 });
    const kept = await must(weft, 'GET', `${path}/addresses`);
    expect(kept).toMatchObject({ addresses: [{ address: '10.7.2.20', owner: 'web' }] });
    // A block with another first address renumbers no reservation.
    expect((await weft.request('PATCH', path, { cidr: '10.7.0.0/16' })).status).toBe(200);
    expect(await must(weft, 'GET', `${path}/addresses`)).toEqual(kept);
    expect((await weft.request('POST', `${path}/addresses`, { address: '10.7.2.20' })).status).toBe(409);
    expect(await must(weft, 'DELETE', `${path}/addresses/10.7.2.20`)).toMatchObject({ owner: 'web' });
  });

  it('is removed when it is not in use, and answered as it was', async () => {
    const weft = await aFleet();
    const subnet = await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' });
    await must(weft, 'PATCH', `/hypervisors/${ID}/subnets`, { [SUBNET]: 'br0' });
    expect((await weft.request('DELETE', path)).status).toBe(409);
    await must(weft, 'DELETE', `/hypervisors/${ID}/subnets/${SUBNET}`);
    await must(weft, 'POST', `${path}/addresses`, { address: '10.7.0.9' });
    expect((await weft.request('DELETE', path)).status).toBe(409);
    await must(weft, 'DELETE', `${path}/addresses/10.7.0.9`);
    expect(await must(weft, 'DELETE', path)).toEqual(subnet);
    expect((await weft.request('DELETE', path)).status).toBe(404);
  });

  it('that does not exist is a 404, and an invalid id a 400', async () => {
    const weft = await anApi();
    const before = await written(weft);
    for (const [id, status] of [
      [NOBODY, 404],
      [OTHER_SUBNET, 404],
      ['x', 400],
      [SUBNET.slice(1), 400],
    ] as const) {
      for (const [method, rest, body] of [
        ['GET', '', undefined],
        ['PATCH', '', {}],
        ['DELETE', '', undefined],
        ['GET', '/addresses', undefined],
        ['POST', '/addresses', {}],
        ['GET', '/addresses/10.7.0.1', undefined],
        ['DELETE', '/addresses/10.7.0.1', undefined],
      ] as const) {
        const answer = await weft.request(method, `/subnets/${id}${rest}`, body);
        expect([method, id, rest, answer.status]).toEqual([method, id, rest, status]);
      }
    }
    expect(await written(weft)).toEqual(before);
  });
});
