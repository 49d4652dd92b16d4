import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createdKeySchema, cursorOf, type List, ownPageSchema, partOf, seedPageSchema } from './pages.ts';

const list: List<[number, string]> = { name: 'boxes', key: createdKeySchema };

describe('a cursor', () => {
  it.each([
    [[0, '']],
    [[1_700_000_000_000, 'c6430cba-648a-41aa-aee4-b59dacfc790d']],
    [[7, 'bäume/und+mehr?&=é中🜁']],
  ] satisfies [[number, string]][])('carries the key %j, and needs no escaping in a URL', (key) => {
    const cursor = cursorOf(list, key);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(v.parse(ownPageSchema(list), { after: cursor })).toEqual({ limit: 100, after: key });
  });

  it.each([
    '',
    'x',
    '%',
    '7',
    'null',
    cursorOf({ ...list, name: 'lids' }, [0, 'a']),
    cursorOf(list, ['a', 0]),
    cursorOf(list, [0]),
    cursorOf(list, [0, 'a', 'b']),
    cursorOf(list, [0.5, 'a']),
    btoa('{"boxes":1}'),
    btoa('\xff\xfe'),
  ])('that is %j is refused', (after) => {
    for (const schema of [ownPageSchema(list), seedPageSchema(list)]) {
      const { issues } = v.safeParse(schema, { after });
      expect(issues?.map((issue) => [v.getDotPath(issue), issue.message])).toEqual([
        ['after', 'invalid cursor: use the value that the previous page returned'],
      ]);
    }
  });
});

describe('a limit', () => {
  it.each(['0', '-1', '1001', '1e9', '1000000000', '', 'ten', '1.5', ' 1', '99999999999999999999'])(
    'of %j is refused',
    (limit) => {
      for (const schema of [ownPageSchema(list), seedPageSchema(list)]) {
        const { issues } = v.safeParse(schema, { limit });
        expect(issues?.map((issue) => v.getDotPath(issue))).toEqual(['limit']);
      }
    },
  );

  it('is a hundred by default for weft’s own lists, and none for those of older daemons', () => {
    expect(v.parse(ownPageSchema(list), {})).toEqual({ limit: 100, after: null });
    expect(v.parse(seedPageSchema(list), { other: '1' })).toEqual({ limit: null, after: null });
    expect(v.safeParse(ownPageSchema(list), { other: '1' }).success).toBe(false);
    expect(v.parse(seedPageSchema(list), { limit: '1000' })).toEqual({ limit: 1000, after: null });
  });
});

describe('a part', () => {
  const rows: [number, string][] = [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ];
  const keyOf = (row: [number, string]) => row;

  it.each([
    [2, { items: rows.slice(0, 2), next: [2, 'b'] }],
    [3, { items: rows, next: null }],
    [null, { items: rows, next: null }],
  ])('of %j of three rows', (limit, part) => {
    expect(partOf(rows, { after: null, limit }, keyOf)).toEqual(part);
  });
});
