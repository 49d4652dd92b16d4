import { expect, test } from 'vitest';
import { imageXml, poolXml, rawXml, readPool, readVolume } from './xml.ts';

const UUID = '6c1f6f0a-9d0e-4f5b-8f5e-3f2b7f0c9a11';

test('a pool', () => {
  const xml = poolXml({ uuid: UUID, name: 'one', directory: '/a & b' });
  expect(xml).toMatch(/<pool type="dir">\s*<name>one<\/name>\s*<uuid>6c1f6f0a-/);
  expect(xml).toMatch(/<path>\/a &amp; b<\/path>\s*<permissions>\s*<mode>0711<\/mode>/);
  const described = xml.replace(
    '<target>',
    '<capacity unit="bytes">7</capacity><available unit="bytes">5</available>$&',
  );
  expect(readPool(described)).toEqual({ type: 'dir', directory: '/a & b', capacityBytes: 7, availableBytes: 5 });
});

test('an image is sparse, of version 3, and names the format of what is below it', () => {
  expect(imageXml({ name: 'n<', capacityBytes: 2 ** 40 })).toBe(
    [
      '<volume>',
      '  <name>n&lt;</name>',
      '  <capacity unit="bytes">1099511627776</capacity>',
      '  <allocation unit="bytes">0</allocation>',
      '  <target>',
      '    <format type="qcow2"/>',
      '    <compat>1.1</compat>',
      '  </target>',
      '</volume>',
    ].join('\n'),
  );
  const backing = { path: '/p/base', format: 'raw' };
  const overlay = imageXml({ name: 'over', capacityBytes: 1 }, backing);
  expect(overlay).toMatch(/<backingStore>\s*<path>\/p\/base<\/path>\s*<format type="raw"\/>\s*<\/backingStore>/);
  expect(readVolume(overlay)).toEqual({
    ...{ name: 'over', path: '', format: 'qcow2', capacityBytes: 1, allocationBytes: 0, backing },
  });
  expect(readVolume(rawXml('raw', 9))).toMatchObject({ format: 'raw', capacityBytes: 9, backing: null });
});

test('a size in another unit, or one that is not exact, is not guessed at', () => {
  const volume = (capacity: string) =>
    `<volume><name>v</name>${capacity}<allocation unit='bytes'>0</allocation></volume>`;
  for (const capacity of [
    "<capacity unit='KiB'>1</capacity>",
    "<capacity unit='bytes'>9007199254740993</capacity>",
    "<capacity unit='bytes'>many</capacity>",
    '',
  ]) {
    expect(() => readVolume(volume(capacity))).toThrow(expect.objectContaining({ code: 'protocol' }));
  }
});
