import { describe, expect, it } from 'vitest';
import { entityTag, ifMatch } from './entity-tag.ts';

describe('If-Match', () => {
  it.each([
    ['*', true],
    [' * ', true],
    [entityTag(7), true],
    ['"6", "7"', true],
    ['"6","7"', true],
    ['"6"\t,\t"7"', true],
    [', ,"7",', true],
    ['W/"6", "7"', true],
    ['"a,b", "7"', true],
    ['W/"7"', false],
    ['"6"', false],
    ['"07"', false],
    ['"7,8"', false],
    ['"77"', false],
    ['""', false],
    ['"W/"', false],
    ['"é"', false],
  ])('%j permits a change of revision 7: %s', (header, allowed) => {
    expect(ifMatch(header, 7)).toBe(allowed);
  });

  it.each([
    '',
    ' ',
    ',',
    ', ,',
    '7',
    '"7',
    '7"',
    '"7" "8"',
    '"7""8"',
    '"a b"',
    '*, "7"',
    '"7", *',
    '**',
    'w/"7"',
    'W/7',
    'W/ "7"',
    '"7"; "8"',
    "'7'",
    '"7"x',
  ])('%j is malformed', (header) => {
    expect(() => ifMatch(header, 7)).toThrow(
      expect.objectContaining({
        status: 400,
        message: 'invalid If-Match: expected a list of entity tags',
        errors: [{ parameter: 'If-Match', detail: 'must be * or a list of entity tags such as "7"' }],
      }),
    );
  });

  it.each([', ', ' ', '\t,', '"7", ', '"7" ', 'W/"', '"'])('is linear in the number of %j', (part) => {
    expect(() => ifMatch(`${part.repeat(20_000)}x`, 7)).toThrow();
  });
});
