import { describe, expect, it } from 'vitest';
import { hardwareAddress, label, linkName, shortName } from './names.ts';

describe('linkName', () => {
  it('keeps valid names of links', () => {
    expect(linkName('cen1')).toBe('cen1');
    expect(linkName('exactly15bytes-')).toBe('exactly15bytes-');
  });

  it('shortens longer names to a prefix and a hash, deterministically', () => {
    const name = linkName('a-network-with-a-long-name');
    expect(name).toMatch(/^a-networ~[0-9a-z]{6}$/);
    expect(name).toBe(linkName('a-network-with-a-long-name'));
    expect(name).not.toBe(linkName('a-network-with-a-long-namf'));
  });

  it.each(['lo', 'all', 'default'])('gives %s, which is invalid for a link, another name', (id) => {
    expect(linkName(id)).toMatch(/~[0-9a-z]{6}$/);
  });
});

describe('shortName', () => {
  it('leaves room for an ordinal below 1000', () => {
    expect(`${shortName('abcdefabcdef')}.999o`).toHaveLength(15);
    expect(shortName('abcdefabcd')).toBe('abcdefabcd');
  });
});

describe('hardwareAddress', () => {
  it('is locally administered, unicast and stable', () => {
    expect(hardwareAddress('x')).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(hardwareAddress('x')).toBe(hardwareAddress('x'));
  });

  it('is distributed over all octets: ten thousand neighbours get as many addresses', () => {
    const addresses = Array.from({ length: 10_000 }, (_, ordinal) => hardwareAddress(`weft:db/cen c${ordinal}.0i`));
    expect(new Set(addresses).size).toBe(10_000);
    expect(new Set(addresses.map((address) => address.slice(-2))).size).toBe(256);
  });
});

describe('label', () => {
  it('names database and resource', () => {
    expect(label('d', 'r')).toBe('weft:d/r');
  });
});
