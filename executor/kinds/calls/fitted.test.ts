import { expect, it } from 'vitest';
import { fitted } from './fitted.ts';

const output = (text: string, truncated = false) => ({ text, truncated });

it('a text that fits stays as it is', () => {
  expect(fitted(output('a"b'), 6)).toEqual(output('a"b'));
  expect(fitted(output('ab', true), 6)).toEqual(output('ab', true));
});

it('a longer one is cut where it fits with all its escape sequences', () => {
  expect(fitted(output('a"b'), 5)).toEqual(output('a"', true));
  expect(fitted(output('\0\0'), 13)).toEqual(output('\0', true));
  expect(fitted(output('a'), 2)).toEqual(output('', true));
});

it('no character is cut in two', () => {
  expect(fitted(output('a😀b'), 7)).toEqual(output('a😀', true));
  expect(fitted(output('a😀b'), 6)).toEqual(output('a', true));
  expect(fitted(output('a😀'), 9)).toEqual(output('a😀'));
});

it('a mebibyte of text fits, and one of control characters does not', () => {
  const text = 'the quick "brown" fox\n'.repeat(50_000).slice(0, 1024 * 1024);
  expect(fitted(output(text)).truncated).toBe(false);
  const cut = fitted(output('\u0001'.repeat(1024 * 1024)));
  expect(cut.truncated).toBe(true);
  expect(JSON.stringify(cut.text).length).toBeLessThanOrEqual(2 * 1024 * 1024);
});
