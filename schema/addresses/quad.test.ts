import { expect, it } from 'vitest';
import { quadOf } from './quad.ts';

it.each([
  [0, '0.0.0.0'],
  [0x0a0a000a, '10.10.0.10'],
  [0x7fffffff, '127.255.255.255'],
  [0x80000000, '128.0.0.0'],
  [0xffffffff, '255.255.255.255'],
])('%i is %s', (address, text) => {
  expect(quadOf(address)).toBe(text);
});
