import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressOf, canonicalAddress, canonicalMac, numberOf } from './address.ts';

describe('the canonical text of an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8::00FF', '2001:db8::ff'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:0:1:0:0', '2001:db8::1:0:0'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['0:0:1::', '0:0:1::'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '::ffff:255.255.255.255'],
  ])('%j is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
    expect(canonicalAddress(canonical)).toBe(canonical);
    const { value, bits } = numberOf(canonical);
    expect(addressOf(value, bits)).toBe(canonical);
    expect(isIP(canonical)).toBe(bits === 32 ? 4 : 6);
  });

  it.each([
    '',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '10.0.0.01',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.1',
    '167772161',
    '10.0.0.256',
    '10.0.0',
    '10.0.0.1.2',
    '10.0.0.1/8',
    '１0.0.0.1',
    ':::',
    ':',
    '1::2::3',
    '1::2:',
    ':1::2',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
    '::1%',
    '[::1]',
    '::ffff:010.0.0.1',
    '::ffff:0x0a.0.0.1',
    '::ffff:10.1',
    '::10.0.0.256',
    '10.0.0.1::',
    '1.2.3.4:5::',
    '1'.repeat(100_000),
    '1:'.repeat(100_000),
  ])('%j is not one', (text) => {
    expect(canonicalAddress(text)).toBeUndefined();
  });

  it('is accepted whenever Node accepts it, without a zone', () => {
    const parts = ['0', '::', ':', '1', 'ab', 'ffff', '1.2.3.4', '0db8', '256', '.'];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const texts = Array.from({ length: 20_000 }, () =>
      Array.from({ length: 1 + random(16) }, () => parts[random(parts.length)]).join(''),
    );
    expect(texts.filter((text) => isIP(text) !== 0).length).toBeGreaterThan(100);
    expect(texts.filter((text) => (canonicalAddress(text) !== undefined) !== (isIP(text) !== 0))).toEqual([]);
  });
});

describe('the number of an address', () => {
  it.each([
    ['10.0.0.1', 0x0a000001n, 32],
    ['255.255.255.255', 0xffffffffn, 32],
    ['::1', 1n, 128],
    ['::ffff:1.2.3.4', 0xffff01020304n, 128],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2n ** 128n - 1n, 128],
  ] as const)('%s', (address, value, bits) => {
    expect(numberOf(address)).toEqual({ value, bits });
    expect(addressOf(value, bits)).toBe(address);
  });
});

describe('a MAC address', () => {
  it.each(['01:23:45:67:89:AC', '01-23-45-67-89-ac', '01-23-45-67-89-AC'])('%s', (text) => {
    expect(canonicalMac(text)).toBe('01:23:45:67:89:ac');
  });

  it.each([
    '',
    '01:23:45:67:89',
    '01:23:45:67:89:ac:de',
    '01:23-45:67:89:ac',
    '0123.4567.89ac',
    '0123456789ac',
    '1:23:45:67:89:ac',
    '01:23:45:67:89:ag',
    '01:23:45:67:89:ac\n',
  ])('is not %j', (text) => {
    expect(canonicalMac(text)).toBeUndefined();
  });
});
