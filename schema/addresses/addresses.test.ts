import { describe, expect, it } from 'vitest';
import { canonicalAddress, canonicalMac } from './address.ts';
import { addressAt, type Block, hostOffsets, offsetIn, parseBlock } from './block.ts';

describe('canonicalAddress', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['fe80::1', 'fe80::1'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '10.1.2',
    '10.1.2.3.4',
    '010.1.2.3',
    '0x0a.1.2.3',
    '10.1.2.256',
    '167772161',
    ' 10.1.2.3',
    'fe80::1%eth0',
    ':::',
    '2001:db8::g',
    '1::2::3',
  ])('takes "%s" for none', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });
});

describe('canonicalMac', () => {
  it.each(['01:23:45:67:89:AB', '01-23-45-67-89-ab', '01:23:45:67:89:ab'])('writes %s with colons', (text) => {
    expect(canonicalMac(text)).toBe('01:23:45:67:89:ab');
  });

  it.each(['', '01:23:45:67:89', '01:23:45-67:89:ab', '0123.4567.89ab', '01:23:45:67:89:ab:cd', '01:23:45:67:89:ag'])(
    'takes "%s" for none',
    (text) => {
      expect(canonicalMac(text)).toBeUndefined();
    },
  );
});

function block(text: string): Block {
  const read = parseBlock(text);
  if (typeof read === 'string') throw new Error(`${text}: ${read}`);
  return read;
}

describe('a block', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0::/48', '2001:db8::/48'],
  ])('is read from %s', (text, cidr) => {
    expect(block(text).cidr).toBe(cidr);
  });

  it.each([
    ['10.1.0.1/16', 'host bits'],
    ['2001:db8::1/64', 'host bits'],
    ['10.1.0.0', 'malformed'],
    ['10.1.0.0/33', 'malformed'],
    ['10.1.0.0/016', 'malformed'],
    ['10.1.0.0/255.255.0.0', 'malformed'],
    ['2001:db8::/129', 'malformed'],
    ['net/8', 'malformed'],
  ])('is not read from %s: %s', (text, reason) => {
    expect(parseBlock(text)).toBe(reason);
  });

  it.each([
    ['10.1.0.0/24', '10.1.0.1', '10.1.0.254'],
    ['10.1.0.0/31', '10.1.0.0', '10.1.0.1'],
    ['10.1.0.7/32', '10.1.0.7', '10.1.0.7'],
    ['2001:db8::/126', '2001:db8::1', '2001:db8::3'],
    ['2001:db8::/64', '2001:db8::1', '2001:db8::1f:ffff:ffff:ffff'],
  ])('%s has hosts from %s to %s', (text, first, last) => {
    const offsets = hostOffsets(block(text));
    expect([addressAt(block(text), offsets.first), addressAt(block(text), offsets.last)]).toEqual([first, last]);
  });

  it('knows what is in it, and how far from its first address', () => {
    expect(offsetIn(block('10.1.0.0/16'), '10.1.2.3')).toBe(0x203n);
    expect(offsetIn(block('10.1.0.0/16'), '10.2.0.0')).toBeUndefined();
    expect(offsetIn(block('10.1.0.0/16'), '10.0.255.255')).toBeUndefined();
    expect(offsetIn(block('10.1.0.0/16'), '2001:db8::1')).toBeUndefined();
    expect(offsetIn(block('::/0'), '10.1.2.3')).toBeUndefined();
    expect(offsetIn(block('2001:db8::/32'), '2001:db8:1::')).toBe(1n << 80n);
  });
});
