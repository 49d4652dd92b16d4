import { describe, expect, test } from 'vitest';
import { OutputReader } from './output.ts';

const TIME = '2026-11-28T12:00:00.123456789+00:00';

function read(mostBytes: number, log: string | Buffer, pieceBytes = 1 << 20): OutputReader {
  const bytes = Buffer.from(log);
  const reader = new OutputReader(mostBytes);
  for (let start = 0; start < bytes.length; start += pieceBytes) reader.add(bytes.subarray(start, start + pieceBytes));
  return reader;
}

describe('the output of a command', () => {
  const log = `${TIME} stdout F one\n${TIME} stderr F é 3\n${TIME} stdout F \n${TIME} stdout P two\n`;

  test.each([1, 7, 1000])('is the same byte for byte if the log is read in pieces of %j', (pieceBytes) => {
    const reader = read(100, log, pieceBytes);
    expect(reader.stdout).toEqual({ text: 'one\n\ntwo', truncated: false });
    expect(reader.stderr).toEqual({ text: 'é 3\n', truncated: false });
  });

  test('is not cut if it has exactly the bytes of the limit', () => {
    expect(read(8, log).stdout).toEqual({ text: 'one\n\ntwo', truncated: false });
    expect(read(7, log).stdout).toEqual({ text: 'one\n\ntw', truncated: true });
  });

  test('is cut before a character that the limit splits', () => {
    expect(read(2, `${TIME} stdout F aé\n`).stdout).toEqual({ text: 'a', truncated: true });
  });

  test('has a replacement for bytes that are no UTF-8', () => {
    const reader = read(
      10,
      Buffer.concat([Buffer.from(`${TIME} stdout P a`), Buffer.from([0xff]), Buffer.from('b\n')]),
    );
    expect(reader.stdout.text).toBe('a\ufffdb');
  });

  test('of one stream does not use up the limit of the other', () => {
    const reader = read(3, `${TIME} stdout F long\n${TIME} stdout F longer\n${TIME} stderr F no\n`);
    expect(reader.stdout).toEqual({ text: 'lon', truncated: true });
    expect(reader.stderr).toEqual({ text: 'no\n', truncated: false });
  });
});
