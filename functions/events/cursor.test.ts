import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const cursor = { database: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6', generation: 2, sequence: 41 };

it('is a text with the database, the generation and the sequence', () => {
  const text = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6:2:41';
  expect(encodeCursor(cursor)).toBe(text);
  expect(decodeCursor(text)).toEqual(cursor);
});

it.each([
  '',
  '41',
  '2:41',
  `${cursor.database}:2`,
  `${cursor.database}:2:-1`,
  `${cursor.database}:2:41:1`,
  `${cursor.database}:2:1e3`,
  `${cursor.database}:2:9999999999999999`,
])('does not read %j', (text) => {
  expect(decodeCursor(text)).toBeUndefined();
});
