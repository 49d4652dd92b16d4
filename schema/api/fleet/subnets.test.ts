import { describe, expect, it } from 'vitest';
import { Problem } from '../../problem.ts';
import { defineSubnet, type SubnetFields } from './subnets.ts';

function refusal(fields: SubnetFields): unknown {
  try {
    return defineSubnet(fields);
  } catch (error) {
    if (error instanceof Problem) return error.errors;
    throw error;
  }
}

describe('defineSubnet', () => {
  it('gives the host addresses of the block where nothing else is said', () => {
    expect(defineSubnet({ cidr: '10.1.0.0/24' })).toEqual({
      cidr: '10.1.0.0/24',
      gateway: null,
      start: '10.1.0.1',
      end: '10.1.0.254',
      startOffset: 1,
      endOffset: 254,
      gatewayOffset: null,
    });
  });

  it('writes addresses in their canonical form', () => {
    const fields = { cidr: '2001:DB8::/64', gateway: '2001:db8:0::1', start: '2001:DB8::10', end: '2001:db8::00ff' };
    expect(defineSubnet(fields)).toMatchObject({
      cidr: '2001:db8::/64',
      gateway: '2001:db8::1',
      start: '2001:db8::10',
      end: '2001:db8::ff',
      startOffset: 16,
      endOffset: 255,
      gatewayOffset: 1,
    });
  });

  it.each([
    [{}, '/cidr', 'is missing'],
    [{ cidr: null }, '/cidr', 'is missing'],
    [{ cidr: '10.1.0.0' }, '/cidr', 'must be a block of addresses such as 10.1.0.0/16 or 2001:db8::/64'],
    [{ cidr: '10.1.0.1/24' }, '/cidr', 'has host bits that are not zero'],
    [{ cidr: '10.1.0.0/24', gateway: '10.1.1.1' }, '/gateway', 'is not in 10.1.0.0/24'],
    [{ cidr: '10.1.0.0/24', start: 'first' }, '/start', 'must be an IPv4 or IPv6 address'],
    [{ cidr: '10.1.0.0/24', start: '10.1.0.9', end: '10.1.0.8' }, '/end', 'is before start'],
    [
      { cidr: '2001:db8::/32', start: '2001:db8:1::' },
      '/start',
      'is more than 2^53 addresses behind the first of 2001:db8::/32',
    ],
  ])('refuses %j', (fields, pointer, detail) => {
    expect(refusal(fields)).toEqual([{ pointer, detail }]);
  });

  it('names each member that is wrong', () => {
    expect(refusal({ cidr: '10.1.0.0/24', gateway: 'x', end: '10.2.0.1' })).toEqual([
      { pointer: '/gateway', detail: 'must be an IPv4 or IPv6 address' },
      { pointer: '/end', detail: 'is not in 10.1.0.0/24' },
    ]);
  });
});
