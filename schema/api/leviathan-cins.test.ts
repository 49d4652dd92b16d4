import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { pointerTo } from './common.ts';
import { CENS_MAX } from './leviathan.ts';
import { CIN_CENS_MAX, cinImportSchema, cinListSchema } from './leviathan-cins.ts';

/** The errors of a request, as their pointers and texts. */
function errorsOf(input: unknown): [pointer: string, text: string][] {
  const { issues = [] } = v.safeParse(cinImportSchema, input);
  return issues.map(({ path, message }) => [pointerTo((path ?? []).map(({ key }) => String(key))), message]);
}

const blockOf = (cidr: unknown) => v.parse(cinImportSchema, { a: { cens: [], cidr } })[0]?.block;

describe('an import of CINs', () => {
  it('is a map from CINs to lists of CENs, or to objects with a block', () => {
    expect(v.parse(cinImportSchema, { b: ['x', 'y'], a: { cens: ['z'], cidr: '172.20.0.0/16' } })).toEqual([
      { cinID: 'b', cens: ['x', 'y'], block: null, pointer: '/b' },
      {
        cinID: 'a',
        cens: ['z'],
        block: { cidr: '172.20.0.0/16', first: 0xac140000, last: 0xac14ffff, prefix: 16, firstOffset: 10 },
        pointer: '/a/cens',
      },
    ]);
    expect(v.parse(cinImportSchema, {})).toEqual([]);
    expect(blockOf(null)).toBeNull();
    expect(blockOf(undefined)).toBeNull();
  });

  it.each<[string, unknown, [string, string][]]>([
    ['a list', [], [['', 'must be an object']]],
    ['a text', 'cin1', [['', 'must be an object']]],
    ['no list', { a: 'x' }, [['/a', 'must be a list of CEN ids, or an object with it']]],
    ['nothing', { a: null }, [['/a', 'must be a list of CEN ids, or an object with it']]],
    ['no CENs', { a: { cidr: '172.20.0.0/16' } }, [['/a/cens', 'is missing']]],
    ['an unknown member', { a: { cens: [], cidrs: '' } }, [['/a/cidrs', 'unknown member']]],
    ['a CIN of a reserved name', { make: ['x'] }, [['/make', 'import, make and destroy are no names of a network']]],
    ['a CIN of no name', { '': ['x'] }, [['/', expect.stringContaining('must be 1 to 63')]]],
    [
      'CENs that are none',
      { a: ['x', 5, '../y'] },
      [
        ['/a/1', 'must be a string'],
        ['/a/2', expect.stringContaining('must be 1 to 63')],
      ],
    ],
    ['a CEN twice in a list', { a: { cens: ['x', 'y', 'x'] } }, [['/a/cens/2', 'CEN x is in the list twice']]],
    ['a CEN in two lists', { a: ['x'], b: ['y', 'x'] }, [['/b/1', 'CEN x is in the list of a, too']]],
    ['a block that is no text', { a: { cens: [], cidr: 7 } }, [['/a/cidr', 'must be a string']]],
    [
      'blocks that overlap',
      {
        a: { cens: [], cidr: '172.16.0.0/12' },
        b: { cens: [], cidr: '172.20.0.0/16' },
        c: { cens: [], cidr: '172.31.255.0/24' },
      },
      [
        ['/b/cidr', 'overlaps 172.16.0.0/12 of a'],
        ['/c/cidr', 'overlaps 172.16.0.0/12 of a'],
      ],
    ],
    [
      'more CENs than a CIN can have',
      { a: Array.from({ length: CIN_CENS_MAX + 1 }, (_, index) => `n${index}`) },
      [['/a', 'has more than 24 CENs, the most that a CIN can have']],
    ],
    [
      'more CENs than a request can have',
      Object.fromEntries(
        Array.from({ length: 251 }, (_, cin) => [`c${cin}`, Array.from({ length: 20 }, (_, cen) => `n${cin}-${cen}`)]),
      ),
      [['', 'has more than 5000 CENs in all its lists, the most that an import can have']],
    ],
    [
      'more CINs than a request can have',
      Object.fromEntries(Array.from({ length: CENS_MAX + 1 }, (_, cin) => [`c${cin}`, []])),
      [['', 'has more than 5000 CINs, the most that a request can have']],
    ],
  ])('with %s is invalid', (_, input, errors) => {
    expect(errorsOf(input)).toEqual(errors);
  });
});

describe('the block of a CIN', () => {
  it.each([
    ['10.0.0.0/8', 0x0a000000, 0x0affffff, 10],
    ['192.168.0.0/24', 0xc0a80000, 0xc0a800ff, 10],
    ['192.168.0.128/25', 0xc0a80080, 0xc0a800ff, 2],
    ['223.255.255.248/29', 0xdffffff8, 0xdfffffff, 2],
  ])('%s', (cidr, first, last, firstOffset) => {
    expect(blockOf(cidr)).toEqual({ cidr, first, last, prefix: Number(cidr.split('/')[1]), firstOffset });
  });

  it.each([
    ['', 'must be a block of IPv4 addresses such as 172.20.0.0/16'],
    ['172.20.0.0', 'must be a block of IPv4 addresses such as 172.20.0.0/16'],
    ['172.020.0.0/16', 'must be a block of IPv4 addresses such as 172.20.0.0/16'],
    ['2001:db8::/64', 'must be a block of IPv4 addresses such as 172.20.0.0/16'],
    ['::/16', 'must be a block of IPv4 addresses such as 172.20.0.0/16'],
    ['172.20.0.1/16', 'must be the address of a network: host bits are not zero'],
    ['128.0.0.0/7', 'must have a prefix from 8 to 29'],
    ['172.20.0.0/30', 'must have a prefix from 8 to 29'],
    ['0.0.0.0/8', 'has no addresses for hosts'],
    ['127.0.0.0/16', 'has no addresses for hosts'],
    ['224.0.0.0/8', 'has no addresses for hosts'],
    ['255.0.0.0/8', 'has no addresses for hosts'],
  ])('is not %j', (cidr, message) => {
    expect(errorsOf({ a: { cens: [], cidr } })).toEqual([['/a/cidr', message]]);
  });
});

it('a list of CINs counts repeated ids once, and has a maximum', () => {
  expect(v.parse(cinListSchema, ['b', 'a', 'b'])).toEqual(['b', 'a']);
  expect(v.safeParse(cinListSchema, {}).issues?.[0].message).toBe('must be a JSON list of CIN ids');
  const many = Array.from({ length: CENS_MAX + 1 }, (_, cin) => `c${cin}`);
  expect(v.safeParse(cinListSchema, many).issues?.[0].message).toBe(
    'has more than 5000 CINs, the most that a request can have',
  );
});
