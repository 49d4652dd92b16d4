import { describe, expect, test } from 'vitest';
import { RecordJoiner } from './joining.ts';
import { type LogRecord, parseRecord } from './records.ts';

const record = (text: string | Buffer, tag = 'F', stream = 'stdout'): LogRecord => {
  const head = Buffer.from(`2026-11-28T12:00:00.123456789+02:00 ${stream} ${tag} `);
  const parsed = parseRecord(Buffer.concat([head, Buffer.from(text)]));
  if (parsed === null) throw new Error('it is a record');
  return parsed;
};

describe('records of a log', () => {
  test('local time is told in UTC with milliseconds', () => {
    expect(record('a').time).toBe('2026-11-28T10:00:00.123Z');
  });

  test('an empty line is a record with no text', () => {
    expect(record('').bytes.length).toBe(0);
  });

  test('a record that is cut in its head is none', () => {
    expect(parseRecord(Buffer.from('2026-11-28T12:00:00.123456789+02:00 std'))).toBeNull();
  });
});

describe('joining partial records', () => {
  test('a character that is split over two records is whole', () => {
    const joiner = new RecordJoiner();
    const bytes = Buffer.from('né');
    expect(joiner.add(record(bytes.subarray(0, 2), 'P'), 0, 10)).toEqual([]);
    expect(joiner.add(record(bytes.subarray(2)), 10, 20).map(({ text }) => text)).toEqual(['né']);
  });

  test('streams do not mix, and the oldest incomplete entry is where a reader goes on', () => {
    const joiner = new RecordJoiner();
    joiner.add(record('name? ', 'P', 'stderr'), 5, 10);
    expect(joiner.add(record('out'), 10, 20).map(({ text }) => text)).toEqual(['out']);
    expect(joiner.start(20)).toBe(5);
    expect(joiner.finish().map(({ text }) => text)).toEqual(['name? ']);
    expect(joiner.start(20)).toBe(20);
  });

  test('a partial record that is never completed is told after a bounded distance', () => {
    const joiner = new RecordJoiner();
    joiner.add(record('name? ', 'P', 'stderr'), 0, 10);
    const told = joiner.add(record('out'), 300_000, 300_010);
    expect(told.map(({ text }) => text)).toEqual(['name? ', 'out']);
  });
});
