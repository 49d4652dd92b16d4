import { describe, expect, it } from 'vitest';
import { aFleet, ID, must, NOBODY, OTHER_SUBNET, placeOf, SUBNET, written } from './hypervisors-server.ts';

const path = `/hypervisors/${ID}/subnets`;

describe('the subnets of a hypervisor', () => {
  it('merge, and are never removed by a change', async () => {
    const weft = await aFleet();
    expect(await must(weft, 'GET', path)).toEqual({});
    expect(await must(weft, 'PATCH', path, { [SUBNET.toUpperCase()]: 'br0' })).toEqual({ [SUBNET]: 'br0' });
    const both = { [SUBNET]: 'br0', [OTHER_SUBNET]: 'br0' };
    expect(await must(weft, 'PATCH', path, { [OTHER_SUBNET]: 'br0' })).toEqual(both);
    expect(await must(weft, 'PATCH', path, { [SUBNET]: 'br9' })).toEqual({ ...both, [SUBNET]: 'br9' });
    expect(await must(weft, 'PATCH', path, {})).toEqual({ ...both, [SUBNET]: 'br9' });
    expect(await must(weft, 'GET', `${path}/${OTHER_SUBNET}`)).toEqual({
      subnet: OTHER_SUBNET,
      interface: 'br0',
      state: 'pending',
      error: null,
    });
  });

  it('are recorded as stubs until they are defined', async () => {
    const weft = await aFleet();
    await must(weft, 'PATCH', path, { [SUBNET]: 'br0' });
    const stub = {
      id: SUBNET,
      cidr: null,
      gateway: null,
      start: null,
      end: null,
      free: null,
      metadata: {},
      reserved: 0,
    };
    const hypervisors = [{ id: ID, name: ID, interface: 'br0', state: 'pending', error: null }];
    expect(await must(weft, 'GET', `/subnets/${SUBNET}`)).toEqual({ ...stub, hypervisors });
    expect((await weft.request('POST', `/subnets/${SUBNET}/addresses`, {})).status).toBe(422);
    const defined = await weft.request('POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' });
    expect([defined.status, defined.body]).toEqual([201, expect.objectContaining({ free: 254, hypervisors })]);
    expect(await must(weft, 'GET', path)).toEqual({ [SUBNET]: 'br0' });
  });

  it('are removed one by one, and only existing ones', async () => {
    const weft = await aFleet();
    await must(weft, 'PATCH', path, { [SUBNET]: 'br0', [OTHER_SUBNET]: 'br1' });
    expect(await must(weft, 'DELETE', `${path}/${SUBNET.toUpperCase()}`)).toEqual({ [OTHER_SUBNET]: 'br1' });
    const before = await written(weft);
    for (const [method, subnet, status] of [
      ['DELETE', SUBNET, 404],
      ['GET', SUBNET, 404],
      ['DELETE', NOBODY, 404],
      ['DELETE', 'br1', 400],
      ['GET', 'br1', 400],
    ] as const) {
      const answer = await weft.request(method, `${path}/${subnet}`);
      expect([method, subnet, answer.status]).toEqual([method, subnet, status]);
      if (status === 400) expect(placeOf(answer.body)).toBe('subnetID');
    }
    expect(await written(weft)).toEqual(before);
    expect(await must(weft, 'DELETE', `${path}/${OTHER_SUBNET}`)).toEqual({});
  });

  it('have interfaces with valid names of links', async () => {
    const weft = await aFleet();
    const before = await written(weft);
    const wrong = [
      '',
      'lo',
      'all',
      'default',
      '.',
      '..',
      'a/b',
      'a:b',
      'a b',
      'a\tb',
      'x'.repeat(16),
      'ü'.repeat(8),
      7,
      null,
    ];
    for (const name of wrong) {
      const answer = await weft.request('PATCH', path, { [OTHER_SUBNET]: 'br0', [SUBNET]: name });
      expect([name, answer.status, placeOf(answer.body)]).toEqual([name, 400, `/${SUBNET}`]);
    }
    for (const id of ['x', '', `${SUBNET}0`, '*']) {
      const answer = await weft.request('PATCH', path, { [OTHER_SUBNET]: 'br0', [id]: 'br1' });
      expect([id, answer.status, placeOf(answer.body)]).toEqual([id, 400, `/${id}`]);
    }
    expect(await written(weft)).toEqual(before);
    for (const name of ['b', 'x'.repeat(15), 'br-lan.7_x']) {
      expect(await must(weft, 'PATCH', path, { [SUBNET]: name })).toEqual({ [SUBNET]: name });
    }
  });

  it('named twice, in two spellings, are refused or the later one', async () => {
    const weft = await aFleet();
    const body = `{"${SUBNET}":"br0","${SUBNET.toUpperCase()}":"br1"}`;
    const { status } = await weft.request('PATCH', path, body);
    expect([200, 400]).toContain(status);
    const left = await must(weft, 'GET', path);
    expect(left).toEqual(status === 200 ? { [SUBNET]: 'br1' } : {});
  });
});
