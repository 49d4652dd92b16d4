import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { issuesOf, refusals } from '../../../test/support/problems.ts';
import { addressSchema, defineSubnet, reservationSchema, type SubnetFields, subnetInputSchema } from './subnets.ts';

const id = 'c6430cba-648a-41aa-aee4-b59dacfc790d';

describe('the body of a subnet', () => {
  it.each([
    [{}],
    [{ cidr: '10.0.0.0/24' }],
    [{ cidr: '10.0.0.0/24', gateway: null, start: null, end: null, metadata: { a: [1] } }],
    [{ id, cidr: null, free: null, reserved: 0, hypervisors: [] }],
  ])('is read as it is: %j', (body) => {
    expect(v.parse(subnetInputSchema, body)).toEqual(body);
  });

  it.each<[unknown, Record<string, string>]>([
    [[], { '': 'must be an object' }],
    [{ id: 'net1' }, { '/id': 'must be a UUID' }],
    [
      { cidr: 10, gateway: 1, start: {}, end: [] },
      {
        '/cidr': 'must be a string',
        '/gateway': 'must be a string',
        '/start': 'must be a string',
        '/end': 'must be a string',
      },
    ],
    [{ metadata: [] }, { '/metadata': 'must be an object' }],
    [{ colour: 'red' }, { '/colour': 'unknown member' }],
    [JSON.parse('{"__proto__":{}}'), { '/__proto__': 'unknown member' }],
    [{ constructor: 1 }, { '/constructor': 'unknown member' }],
  ])('is not %j', (body, issues) => {
    expect(issuesOf(subnetInputSchema, body)).toEqual(issues);
  });
});

describe('the definition of a subnet', () => {
  it.each<[SubnetFields, SubnetFields, [number | null, number, number]]>([
    [
      { cidr: '10.0.0.0/24' },
      { cidr: '10.0.0.0/24', gateway: null, start: '10.0.0.1', end: '10.0.0.254' },
      [null, 1, 254],
    ],
    [
      { cidr: '10.0.0.0/24', gateway: '10.0.0.1', start: '10.0.0.16', end: '10.0.0.16' },
      { cidr: '10.0.0.0/24', gateway: '10.0.0.1', start: '10.0.0.16', end: '10.0.0.16' },
      [1, 16, 16],
    ],
    [
      { cidr: '10.0.0.0/24', start: '10.0.0.0', end: '10.0.0.255' },
      { cidr: '10.0.0.0/24', gateway: null, start: '10.0.0.0', end: '10.0.0.255' },
      [null, 0, 255],
    ],
    [
      { cidr: '10.0.0.6/31', gateway: null, start: null, end: null },
      { cidr: '10.0.0.6/31', gateway: null, start: '10.0.0.6', end: '10.0.0.7' },
      [null, 0, 1],
    ],
    [
      { cidr: '2001:DB8:0::/64', gateway: '2001:DB8::0001' },
      { cidr: '2001:db8::/64', gateway: '2001:db8::1', start: '2001:db8::1', end: '2001:db8::1f:ffff:ffff:ffff' },
      [1, 1, 2 ** 53 - 1],
    ],
    [
      { cidr: '2001:db8::/64', start: '2001:db8::' },
      { cidr: '2001:db8::/64', gateway: null, start: '2001:db8::', end: '2001:db8::1f:ffff:ffff:fffe' },
      [null, 0, 2 ** 53 - 2],
    ],
  ])('%j', (fields, texts, [gatewayOffset, startOffset, endOffset]) => {
    const definition = defineSubnet(fields);
    expect(definition).toEqual({ ...texts, gatewayOffset, startOffset, endOffset });
    expect(defineSubnet(definition)).toEqual(definition);
  });

  const block = 'must be a block of addresses such as 10.1.0.0/16 or 2001:db8::/64';
  it.each<[SubnetFields, Record<string, string>]>([
    [{}, { '/cidr': 'is missing' }],
    [{ cidr: null, gateway: '10.0.0.1' }, { '/cidr': 'is missing' }],
    [{ cidr: '' }, { '/cidr': block }],
    [{ cidr: '10.0.0.0' }, { '/cidr': block }],
    [{ cidr: '10.0/16' }, { '/cidr': block }],
    [{ cidr: '10.0.0.0/33' }, { '/cidr': block }],
    [{ cidr: '10.0.0.1/24' }, { '/cidr': 'has host bits that are not zero' }],
    [
      { cidr: '10.0.0.0/24', gateway: '10.0.1.1', start: '10.0.0', end: '::1' },
      {
        '/gateway': 'is not in 10.0.0.0/24',
        '/start': 'must be an IPv4 or IPv6 address',
        '/end': 'is not in 10.0.0.0/24',
      },
    ],
    [{ cidr: '10.0.0.0/24', gateway: '' }, { '/gateway': 'must be an IPv4 or IPv6 address' }],
    [{ cidr: '10.0.0.0/24', start: '10.0.0.9', end: '10.0.0.8' }, { '/end': 'is before start' }],
    [{ cidr: '10.0.0.0/24', end: '10.0.0.0' }, { '/end': 'is before start' }],
    [{ cidr: '10.0.0.0/24', start: '10.0.0.255' }, { '/start': 'is behind the last host address 10.0.0.254' }],
    [
      { cidr: '2001:db8::/64', start: '2001:db8::20:0:0:0', gateway: '2001:db8::ffff:0:0:1' },
      {
        '/gateway': 'is 2^53 addresses or more behind the first of 2001:db8::/64',
        '/start': 'is 2^53 addresses or more behind the first of 2001:db8::/64',
      },
    ],
    [
      { cidr: '2001:db8::/64', start: '2001:db8::', end: '2001:db8::1f:ffff:ffff:ffff' },
      { '/end': 'makes a range of 2^53 addresses or more' },
    ],
  ])('is not %j', (fields, members) => {
    expect(refusals(() => defineSubnet(fields))).toEqual(members);
  });

  it('is refused for the first invalid member', () => {
    expect(() => defineSubnet({ cidr: '10.0.0.0/24', start: 'x' })).toThrow('/start must be an IPv4 or IPv6 address');
  });
});

describe('the body of a reservation', () => {
  it.each([
    [{}, {}],
    [
      { address: '2001:DB8::01', owner: 'web1' },
      { address: '2001:db8::1', owner: 'web1' },
    ],
    [
      { address: '10.0.0.1', owner: null, reserved: 'then' },
      { address: '10.0.0.1', owner: '', reserved: 'then' },
    ],
    [{ owner: 'Müller & Söhne 🚀' }, { owner: 'Müller & Söhne 🚀' }],
  ])('%j', (body, read) => {
    expect(v.parse(reservationSchema, body)).toEqual(read);
  });

  it.each<[unknown, Record<string, string>]>([
    [[], { '': 'must be an object' }],
    [{ address: null }, { '/address': 'must be a string' }],
    [{ address: '10.0.0.1/24' }, { '/address': 'must be an IPv4 or IPv6 address' }],
    [{ owner: 1 }, { '/owner': 'must be a string' }],
    [{ owner: 'o'.repeat(256) }, { '/owner': 'must have at most 255 characters' }],
    [{ owner: 'a\0b' }, { '/owner': 'must not have control characters in it' }],
    [{ owner: '\ud800' }, { '/owner': 'must not have control characters in it' }],
    [{ subnet: id }, { '/subnet': 'unknown member' }],
  ])('is not %j', (body, issues) => {
    expect(issuesOf(reservationSchema, body)).toEqual(issues);
  });
});

describe('an address in a path', () => {
  it('is read in its canonical spelling', () => {
    expect(v.parse(addressSchema, '2001:DB8::01')).toBe('2001:db8::1');
    expect(issuesOf(addressSchema, '10.1')).toEqual({ '': 'must be an IPv4 or IPv6 address' });
  });
});
