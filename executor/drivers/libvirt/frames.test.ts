import { expect, test } from 'vitest';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import { MESSAGE_BYTES } from './protocol/messages.ts';

const HEADER = { program: 0x20008086, version: 1, procedure: 273, type: 0, serial: 258, status: 0 };
const PAYLOAD = Buffer.from('0000000100000003', 'hex');
const BYTES = '00000024 20008086 00000001 00000111 00000000 00000102 00000000 00000001 00000003';

function hexadecimal(frame: Buffer): string {
  return frame.toString('hex').replaceAll(/(.{8})(?=.)/g, '$1 ');
}

test('a message is its length, its header and its payload', () => {
  expect(hexadecimal(encodeFrame(HEADER, PAYLOAD))).toBe(BYTES);
  expect(hexadecimal(encodeFrame({ ...HEADER, status: 1 }))).toBe(
    '0000001c 20008086 00000001 00000111 00000000 00000102 00000001',
  );
});

test('messages are found in pieces of any size', () => {
  const sent: Frame[] = [PAYLOAD, Buffer.alloc(0), Buffer.alloc(1000, 7)].map((payload, serial) => ({
    ...HEADER,
    serial,
    payload,
  }));
  const bytes = Buffer.concat(sent.map(({ payload, ...header }) => encodeFrame(header, payload)));
  for (const size of [1, 3, 4, 27, 28, 29, 64, bytes.length]) {
    const reader = new FrameReader();
    const found: Frame[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      found.push(...reader.push(bytes.subarray(start, start + size)));
    }
    expect(found).toStrictEqual(sent);
  }
});

test.for([0, 27, MESSAGE_BYTES + 1])('a length of %i is refused', (length) => {
  const piece = Buffer.alloc(4);
  piece.writeUInt32BE(length);
  expect(() => new FrameReader().push(piece)).toThrow(`a message of ${length} bytes`);
});
