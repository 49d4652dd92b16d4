import { describe, expect, it } from 'vitest';
import { addressAt, type Block, firstHost, lastHost, OFFSET_MAX, offsetIn, parseBlock } from './block.ts';

function block(cidr: string): Block {
  const read = parseBlock(cidr);
  if (typeof read === 'string') throw new Error(`${cidr} is ${read}`);
  return read;
}

describe('a block', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0/16', 2n ** 16n],
    ['10.1.2.3/32', '10.1.2.3/32', 1n],
    ['0.0.0.0/0', '0.0.0.0/0', 2n ** 32n],
    ['2001:DB8:0::/64', '2001:db8::/64', 2n ** 64n],
    ['::/0', '::/0', 2n ** 128n],
    ['::1/128', '::1/128', 1n],
  ])('%s', (text, cidr, size) => {
    expect(parseBlock(text)).toMatchObject({ cidr, size });
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/8 ',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10.0/8',
    '::/129',
    '::/1e1',
    'fe80::%eth0/64',
  ])('is not %j', (text) => {
    expect(parseBlock(text)).toBe('malformed');
  });

  it.each(['10.0.0.1/24', '10.128.0.0/8', '0.0.0.1/0', '2001:db8::1/64', '::1/127'])('%s has host bits', (text) => {
    expect(parseBlock(text)).toBe('host bits');
  });
});

describe('an offset', () => {
  it.each([
    ['10.1.0.0/16', '10.1.0.0', 0],
    ['10.1.0.0/16', '10.1.255.255', 65_535],
    ['0.0.0.0/0', '255.255.255.255', 2 ** 32 - 1],
    ['2001:db8::/64', '2001:db8::1:0', 65_536],
    ['2001:db8::/64', '2001:db8::1f:ffff:ffff:ffff', OFFSET_MAX],
  ])('in %s of %s is %i', (cidr, address, offset) => {
    expect(offsetIn(block(cidr), address)).toBe(BigInt(offset));
    expect(addressAt(block(cidr), offset)).toBe(address);
  });

  it.each([
    ['10.1.0.0/16', '10.0.255.255'],
    ['10.1.0.0/16', '10.2.0.0'],
    ['10.1.0.0/16', '::a01:0'],
    ['10.1.0.0/16', '::ffff:10.1.0.0'],
    ['::/96', '10.1.0.0'],
    ['2001:db8::/64', '2001:db8:0:1::'],
  ])('in %s of %s: there is none', (cidr, address) => {
    expect(offsetIn(block(cidr), address)).toBeUndefined();
  });

  it('is exact beyond the precision of a number', () => {
    expect(offsetIn(block('2001:db8::/64'), '2001:db8::20:0:0:1')).toBe(2n ** 53n + 1n);
  });

  it.each([-1, 256, 0.5, 2 ** 53, Number.NaN])('%d is not an offset in a /24', (offset) => {
    expect(() => addressAt(block('10.0.0.0/24'), offset)).toThrow(RangeError);
  });
});

describe('the hosts of a block', () => {
  it.each([
    ['10.0.0.0/24', '10.0.0.1', '10.0.0.254'],
    ['10.0.0.0/30', '10.0.0.1', '10.0.0.2'],
    ['10.0.0.0/31', '10.0.0.0', '10.0.0.1'],
    ['10.0.0.7/32', '10.0.0.7', '10.0.0.7'],
    ['0.0.0.0/0', '0.0.0.1', '255.255.255.254'],
    ['2001:db8::/120', '2001:db8::1', '2001:db8::ff'],
    ['2001:db8::/127', '2001:db8::', '2001:db8::1'],
    ['2001:db8::/128', '2001:db8::', '2001:db8::'],
    ['2001:db8::/75', '2001:db8::1', '2001:db8::1f:ffff:ffff:ffff'],
    ['2001:db8::/64', '2001:db8::1', '2001:db8::1f:ffff:ffff:ffff'],
    ['::/0', '::1', '::1f:ffff:ffff:ffff'],
  ])('%s: %s to %s', (cidr, first, last) => {
    const read = block(cidr);
    expect(addressAt(read, firstHost(read))).toBe(first);
    expect(addressAt(read, lastHost(read, firstHost(read)))).toBe(last);
  });

  it('are limited to what can be counted', () => {
    const read = block('2001:db8::/64');
    expect(lastHost(read, 0)).toBe(OFFSET_MAX - 1);
    expect(lastHost(read, 100)).toBe(OFFSET_MAX);
  });
});
