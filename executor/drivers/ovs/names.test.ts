import { expect, it } from 'vitest';
import { checkLabel, checkLock, checkMac, checkName, checkTag } from './names.ts';

it.each(['a', 'br-int', 'vnet0', 'x'.repeat(15), 'c1.0'])('%j is a name', (name) => {
  expect(() => checkName(name, 'attach')).not.toThrow();
});

it.each(['', '.', '..', 'a/b', 'a b', 'a\n', 'a\0', 'x'.repeat(16), 'ü'.repeat(8)])('%j is no name', (name) => {
  expect(() => checkName(name, 'attach')).toThrow('attach: invalid name');
});

it.each([null, 0, 1, 4_095])('%j is a tag', (tag) => {
  expect(() => checkTag(tag, 'attach')).not.toThrow();
});

it.each([-1, 4_096, 1.5, Number.NaN])('%j is no tag', (tag) => {
  expect(() => checkTag(tag, 'attach')).toThrow('attach: invalid VLAN tag');
});

it('labels, addresses and locks are checked', () => {
  expect(() => checkLabel('', 'attach')).toThrow('attach: invalid label ""');
  expect(() => checkMac('02:00:00:00:00:0G', 'create')).toThrow('create: invalid hardware address');
  expect(() => checkMac('02:00:00:00:00:0a', 'create')).not.toThrow();
  expect(() => checkLock('weft-1', 'open')).toThrow('open: invalid name of a lock "weft-1"');
  expect(() => checkLock('weft_1', 'open')).not.toThrow();
});
