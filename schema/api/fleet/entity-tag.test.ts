import { expect, it } from 'vitest';
import { entityTag, ifMatch } from './entity-tag.ts';

it.each([
  ['*', true],
  ['"7"', true],
  ['"6", "7"', true],
  ['"6","7" ,', true],
  ['"a,b", "7"', true],
  ['"6"', false],
  ['W/"7"', false],
  ['"17"', false],
])('If-Match %s: %s', (header, matches) => {
  expect(ifMatch(header, 7)).toBe(matches);
});

it.each(['', '7', '"7', '7"', '"6" "7"', '*, "7"', 'w/"7"', '"6, 7"'])('refuses "%s"', (header) => {
  expect(() => ifMatch(header, 7)).toThrow('If-Match is no list of entity tags');
});

it('writes strong tags', () => {
  expect(entityTag(7)).toBe('"7"');
});
