import { describe, expect, it } from 'vitest';
import { JsonStream } from './json-stream.ts';

const LIMIT = 10_000;

/** What comes out of pieces that are pushed one after another. */
function read(pieces: readonly Buffer[], limit = LIMIT): unknown[] {
  const stream = new JsonStream(limit);
  return pieces.flatMap((piece) => [...stream.push(piece)]);
}

const VALUES: readonly unknown[] = [
  {},
  { id: 1, result: [{ uuid: ['uuid', '36bef046-7da7-43a5-905a-c17899216fcb'] }, {}], error: null },
  { method: 'update', params: [null, { Port: { a: { new: { name: 'ü}"]\\' } } } }] },
  [['set', []], 'a "quoted" { and \\" \\\\'],
  { text: '\u{1f9f5}\n\t\\' },
];

const BYTES = Buffer.from(VALUES.map((value) => JSON.stringify(value)).join(''));

/** Numbers that look random and are the same in each run (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a stream of JSON values', () => {
  it('is split the same whatever its pieces: each cut in two', () => {
    for (let cut = 0; cut <= BYTES.length; cut += 1) {
      expect(read([BYTES.subarray(0, cut), BYTES.subarray(cut)])).toEqual(VALUES);
    }
  });

  it('is split the same byte by byte, and in 500 random ways', () => {
    expect(read(Array.from(BYTES, (byte) => Buffer.from([byte])))).toEqual(VALUES);
    const random = numbers(7047);
    for (let turn = 0; turn < 500; turn += 1) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < BYTES.length; ) {
        const end = at + 1 + Math.floor(random() * 40);
        pieces.push(BYTES.subarray(at, end));
        at = end;
      }
      expect(read(pieces)).toEqual(VALUES);
    }
  });

  it('may have blanks between values', () => {
    expect(read([Buffer.from(' {}\n\t'), Buffer.from('\r\n []')])).toEqual([{}, []]);
  });

  it('does not keep the memory of a reused piece', () => {
    const piece = Buffer.from('{"a":"b');
    const stream = new JsonStream(LIMIT);
    expect([...stream.push(piece)]).toEqual([]);
    piece.fill(0x7a);
    expect([...stream.push(Buffer.from('"}'))]).toEqual([{ a: 'b' }]);
  });

  it.each([
    ['x', 'byte 120 begins no JSON object'],
    ['{}5', 'byte 53 begins no JSON object'],
    ['{"a"\0', 'a NUL within JSON'],
    ['{a}', 'JSON'],
  ])('ends at %j', (text, words) => {
    expect(() => read([Buffer.from(text)])).toThrow(words);
  });

  it('ends at a value over the limit, complete or not, in one piece or in several', () => {
    const value = (bytes: number) => Buffer.from(`{"a":"${'x'.repeat(bytes - 8)}"}`);
    expect(read([value(100)], 100)).toHaveLength(1);
    for (const bytes of [value(101), value(1_000).subarray(0, 500)]) {
      expect(() => read([bytes], 100)).toThrow('a JSON value of over 100 bytes');
      expect(() => read([bytes.subarray(0, 60), bytes.subarray(60)], 100)).toThrow('over 100 bytes');
    }
  });
});
