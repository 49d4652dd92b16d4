import { describe, expect, test } from 'vitest';
import { refusal } from './addresses.ts';
import { REDIRECTS_MAX, redirected } from './redirect.ts';

const own = ['192.0.2.10', '2001:db8::10', '10.0.0.1'];
const rule = { own, allowLocal: false };

describe('addresses', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['febf::1', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['192.0.2.10', 'an address of the host itself'],
    ['2001:0db8::0010', 'an address of the host itself'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:192.0.2.10', 'an address of the host itself'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::169.254.169.254', 'link-local'],
    ['2002:7f00:1::', 'loopback'],
    ['not an address', 'no address'],
    ['0177.0.0.1', 'no address'],
  ])('%s is %s', (address, reason) => {
    expect(refusal([address], rule)).toBe(`${address} is ${reason}`);
  });

  test.each([
    '192.0.2.11',
    '10.0.0.2',
    '172.16.0.1',
    '128.0.0.1',
    '169.253.255.255',
    '2001:db8::11',
    'fec0::1',
    'fd00::1',
  ])('%s is permitted', (address) => {
    expect(refusal([address], rule)).toBeNull();
  });

  test('one that is refused among others refuses all: the connection could be to any', () => {
    expect(refusal(['192.0.2.11', '127.0.0.1'], rule)).toBe('127.0.0.1 is loopback');
  });

  test('a name without an address is refused, permitted or not', () => {
    expect([refusal([], rule), refusal([], { own, allowLocal: true })]).toEqual(
      Array.from({ length: 2 }, () => 'it has no address'),
    );
  });

  test('an address of IPv4 is none of IPv6 with the same number', () => {
    expect(refusal(['1.2.3.4'], { own: ['::102:304'], allowLocal: false })).toBeNull();
  });

  test('config permits all', () => {
    expect(refusal(['127.0.0.1', '192.0.2.10', 'fe80::1'], { own, allowLocal: true })).toBeNull();
  });
});

describe('redirects', () => {
  const from = 'http://mirror.example/debian/dists/a';

  test.each([
    ['https://other.example/b', 'https://other.example/b'],
    ['http://other.example/b#c', 'http://other.example/b'],
    ['/b', 'http://mirror.example/b'],
    ['b', 'http://mirror.example/debian/dists/b'],
    ['//other.example/b', 'http://other.example/b'],
  ])('%s leads to %s', (location, to) => {
    expect(redirected(from, location, 0)).toEqual({ to });
  });

  test.each([
    [null, 'it redirects to no address'],
    ['http://', 'it redirects to no address'],
    ['file:///etc/passwd', 'it redirects to file: instead of http or https'],
    ['http://user:secret@other.example/', 'it redirects to an address with a password'],
    ['http://user@other.example/', 'it redirects to an address with a password'],
    ['http://:secret@other.example/', 'it redirects to an address with a password'],
  ])('%s is refused', (location, refused) => {
    expect(redirected(from, location, 0)).toEqual({ refused });
  });

  test('https stays https', () => {
    expect(redirected('https://mirror.example/', 'http://mirror.example/', 0)).toEqual({
      refused: expect.stringContaining('from https to http'),
    });
    expect(redirected('https://mirror.example/', '/b', 0)).toEqual({ to: 'https://mirror.example/b' });
  });

  test('they end', () => {
    expect(redirected(from, '/b', REDIRECTS_MAX - 1)).toHaveProperty('to');
    expect(redirected(from, '/b', REDIRECTS_MAX)).toEqual({ refused: 'it redirects more than 5 times' });
  });
});
