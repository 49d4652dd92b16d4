import { describe, expect, it } from 'vitest';
import type { ServedInstance } from '../support/instance.ts';
import { anApi, must, placeOf, SUBNET, written } from './hypervisors-server.ts';

const path = `/subnets/${SUBNET}/addresses`;

interface Address {
  readonly address: string;
  readonly owner: string | null;
  readonly reserved: string;
}

async function aSubnet(fields: Record<string, unknown>): Promise<ServedInstance> {
  const weft = await anApi();
  await must(weft, 'POST', '/subnets', { id: SUBNET, ...fields });
  return weft;
}

async function addressesOf(weft: ServedInstance): Promise<Address[]> {
  return (await must<{ addresses: Address[] }>(weft, 'GET', path)).addresses;
}

async function listed(weft: ServedInstance): Promise<string[]> {
  return (await addressesOf(weft)).map(({ address }) => address);
}

const fifty = [
  ['IPv4', { cidr: '10.7.0.0/24', gateway: '10.7.0.30', start: '10.7.0.10', end: '10.7.0.60' }, '10.7.0.30'],
  [
    'IPv6',
    { cidr: '2001:db8::/64', gateway: '2001:db8::20', start: '2001:db8::10', end: '2001:db8::42' },
    '2001:db8::20',
  ],
] as const;

describe.each(fifty)('a range of fifty addresses of %s and a gateway', (_, fields, gateway) => {
  it('answers a hundred concurrent requests with fifty addresses and fifty refusals', async () => {
    const weft = await aSubnet(fields);
    const turns = Array.from({ length: 100 }, (__, ordinal) => weft.request('POST', path, { owner: `vm${ordinal}` }));
    const answers = await Promise.all(turns);
    const given = answers.filter(({ status }) => status === 201).map(({ body }) => body.address);
    expect([given.length, new Set(given).size]).toEqual([50, 50]);
    expect(given).not.toContain(gateway);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 422));
    for (const { body } of refused) expect(body.detail).toContain(SUBNET);
    expect(await must(weft, 'GET', `/subnets/${SUBNET}`)).toMatchObject({ free: 0, reserved: 50 });
    const list = await addressesOf(weft);
    expect(new Set(list.map(({ owner }) => owner)).size).toBe(50);
    expect(new Set(list.map(({ address }) => address))).toEqual(new Set(given));
  });

  it('reserves an address that many name at once for one of them', async () => {
    const weft = await aSubnet(fields);
    const turns = Array.from({ length: 20 }, () => weft.request('POST', path, { address: fields.start }));
    const statuses = (await Promise.all(turns)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
  });

  it('never reserves an address twice under concurrent releases and reservations', async () => {
    const weft = await aSubnet(fields);
    await Promise.all(Array.from({ length: 50 }, () => must(weft, 'POST', path, {})));
    const turns = (await listed(weft)).slice(0, 25).map(async (address) => {
      await must(weft, 'DELETE', `${path}/${address}`);
      return weft.request('POST', path, {});
    });
    expect((await Promise.all(turns)).map(({ status }) => status)).toEqual(Array.from({ length: 25 }, () => 201));
    const left = await listed(weft);
    expect([left.length, new Set(left).size]).toEqual([50, 50]);
  });
});

describe('an address', () => {
  it('is the lowest free one, with its Location', async () => {
    const weft = await aSubnet({ cidr: '10.7.0.0/29', gateway: '10.7.0.1' });
    const { status, headers, body } = await weft.request('POST', path, { owner: 'web' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${path}/10.7.0.2`);
    expect(body).toEqual({ address: '10.7.0.2', owner: 'web', reserved: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(Number.isNaN(Date.parse(String(body.reserved)))).toBe(false);
    expect(await must(weft, 'GET', `${path}/10.7.0.2`)).toEqual(body);
    for (const next of ['10.7.0.3', '10.7.0.4'])
      expect(await must(weft, 'POST', path, {})).toMatchObject({ address: next });
    expect(await must(weft, 'DELETE', `${path}/10.7.0.2`)).toEqual(body);
    expect(await must(weft, 'POST', path, {})).toMatchObject({ address: '10.7.0.2' });
    expect((await weft.request('POST', path)).status, 'a request without a body').toBe(201);
  });

  it('is listed in the order of addresses, not of texts', async () => {
    const weft = await aSubnet({ cidr: '10.7.0.0/24' });
    for (const address of ['10.7.0.100', '10.7.0.9', '10.7.0.20']) await must(weft, 'POST', path, { address });
    expect(await listed(weft)).toEqual(['10.7.0.9', '10.7.0.20', '10.7.0.100']);
    const other = await aSubnet({ cidr: '2001:db8::/64' });
    for (const address of ['2001:db8::a:0', '2001:db8::9', '2001:db8::10'])
      await must(other, 'POST', path, { address });
    expect(await listed(other)).toEqual(['2001:db8::9', '2001:db8::10', '2001:db8::a:0']);
  });

  it('of IPv6 is found in every spelling', async () => {
    const weft = await aSubnet({ cidr: '2001:db8::/64' });
    expect(await must(weft, 'POST', path, { address: '2001:DB8:0:0::AB' })).toMatchObject({ address: '2001:db8::ab' });
    for (const spelling of ['2001:db8::ab', '2001:DB8::AB', '2001:db8:0:0:0:0:0:ab', '2001%3Adb8%3A%3Aab']) {
      expect(await must(weft, 'GET', `${path}/${spelling}`)).toMatchObject({ address: '2001:db8::ab' });
    }
    expect((await weft.request('POST', path, { address: '2001:db8:0::ab' })).status).toBe(409);
  });

  it('is never the gateway’s, nor the ends of an IPv4 block', async () => {
    const weft = await aSubnet({ cidr: '10.7.0.0/30', gateway: '10.7.0.2' });
    expect(await must(weft, 'POST', path, {})).toMatchObject({ address: '10.7.0.1' });
    expect((await weft.request('POST', path, {})).status).toBe(422);
    for (const [address, status] of [
      ['10.7.0.0', 400],
      ['10.7.0.2', 409],
      ['10.7.0.3', 400],
    ] as const) {
      const answer = await weft.request('POST', path, { address });
      expect([address, answer.status]).toEqual([address, status]);
    }
  });

  it('that cannot be reserved leaves no row', async () => {
    const weft = await aSubnet({ cidr: '10.7.0.0/24', gateway: '10.7.0.1', start: '10.7.0.10', end: '10.7.0.19' });
    await must(weft, 'POST', path, { address: '10.7.0.10', owner: 'web' });
    const before = await written(weft);
    const wrong: [unknown, number, string | undefined][] = [
      [{ address: '10.7.0.10' }, 409, '/address'],
      [{ address: '10.7.0.9' }, 400, '/address'],
      [{ address: '10.7.0.20' }, 400, '/address'],
      [{ address: '10.8.0.10' }, 400, '/address'],
      [{ address: '::ffff:10.7.0.11' }, 400, '/address'],
      [{ address: '10.7.0.11/24' }, 400, '/address'],
      [{ address: '' }, 400, '/address'],
      [{ address: 7 }, 400, '/address'],
      [{ owner: 7 }, 400, '/owner'],
      [{ who: 'me' }, 400, '/who'],
      ['[]', 400, undefined],
      ['{', 400, undefined],
    ];
    for (const [body, status, place] of wrong) {
      const answer = await weft.request('POST', path, body);
      expect([body, answer.status]).toEqual([body, status]);
      if (place !== undefined) expect([body, placeOf(answer.body)]).toEqual([body, place]);
    }
    for (const [method, address, status] of [
      ['GET', '10.7.0.11', 404],
      ['DELETE', '10.7.0.11', 404],
      ['DELETE', '10.7.0.1', 404],
      ['DELETE', '10.8.0.1', 404],
    ] as const) {
      expect([method, address, (await weft.request(method, `${path}/${address}`)).status]).toEqual([
        method,
        address,
        status,
      ]);
    }
    expect(await written(weft)).toEqual(before);
    expect(await listed(weft)).toEqual(['10.7.0.10']);
  });
});
