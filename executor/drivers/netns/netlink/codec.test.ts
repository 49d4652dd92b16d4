import { describe, expect, test } from 'vitest';
import { NetnsError } from '../errors.ts';
import {
  attribute,
  decodeAcknowledgement,
  decodeAttributes,
  decodeMessages,
  decodeText,
  decodeWord,
  encodeMessage,
  nested,
  textAttribute,
  wordAttribute,
} from './codec.ts';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

describe('encoding', () => {
  test('a text attribute ends with a NUL and is padded to four bytes', () => {
    expect(textAttribute(3, 'lo')).toEqual(bytes('0700 0300 6c6f0000'));
  });

  test('an attribute of full length has no padding', () => {
    expect(wordAttribute(10, 0x01020304)).toEqual(bytes('0800 0a00 04030201'));
  });

  test('nested attributes carry the flag and the length of what they hold', () => {
    expect(nested(18, textAttribute(1, 'veth'))).toEqual(bytes('1000 1280 0900 0100 7665746800 000000'));
  });

  test('a message has length, type, both sets of flags, sequence number and body', () => {
    const request = { type: 16, flags: 0x600, body: [Buffer.alloc(4), attribute(1, Buffer.of(9))] };
    expect(encodeMessage(request, 7, 0x5)).toEqual(
      bytes('1c000000 1000 0506 07000000 00000000 00000000 05000100 09000000'),
    );
  });
});

describe('decoding', () => {
  test('several messages of one datagram', () => {
    const first = encodeMessage({ type: 16, flags: 0, body: [bytes('aabbccdd')] }, 1, 2);
    const second = encodeMessage({ type: 3, flags: 0, body: [bytes('00000000')] }, 2, 2);
    expect(decodeMessages(Buffer.concat([first, second]))).toEqual([
      { type: 16, flags: 2, sequence: 1, payload: bytes('aabbccdd') },
      { type: 3, flags: 2, sequence: 2, payload: bytes('00000000') },
    ]);
  });

  test('a message longer than its datagram is refused', () => {
    expect(() => decodeMessages(bytes('20000000 1000 0000 01000000 00000000'))).toThrow(NetnsError);
  });

  test('attributes by type, whatever their flags', () => {
    const attributes = decodeAttributes(Buffer.concat([textAttribute(3, 'eth0'), nested(18, wordAttribute(1, 5))]));
    expect(decodeText(attributes.get(3))).toBe('eth0');
    expect(decodeWord(decodeAttributes(attributes.get(18) ?? Buffer.alloc(0)).get(1))).toBe(5);
    expect(decodeText(attributes.get(4))).toBeNull();
    expect(decodeWord(attributes.get(4))).toBeNull();
  });

  test('only the attributes that are wanted', () => {
    const data = Buffer.concat([textAttribute(3, 'eth0'), wordAttribute(4, 1500), wordAttribute(10, 2)]);
    expect([...decodeAttributes(data, new Set([4, 20])).keys()]).toEqual([4]);
  });

  test('an attribute cut short ends the list', () => {
    expect([...decodeAttributes(bytes('0800 0100 01000000 0900 0200 0000')).keys()]).toEqual([1]);
  });
});

describe('acknowledgements', () => {
  const header = '24000000 1000 0506 07000000 00000000';

  test('an acknowledgement', () => {
    const payload = bytes(`00000000 ${header}`);
    expect(decodeAcknowledgement({ type: 2, flags: 0x100, sequence: 7, payload })).toEqual({ errno: 0, text: null });
  });

  test('a refusal with the kernel’s words, after a capped request', () => {
    const payload = Buffer.concat([bytes(`efffffff ${header}`), textAttribute(1, 'in use')]);
    expect(decodeAcknowledgement({ type: 2, flags: 0x300, sequence: 7, payload })).toEqual({
      errno: 17,
      text: 'in use',
    });
  });

  test('a refusal that repeats the whole request before the words', () => {
    const request = encodeMessage({ type: 16, flags: 0, body: [Buffer.alloc(20)] }, 7, 5);
    const payload = Buffer.concat([bytes('eaffffff'), request, textAttribute(1, 'bad')]);
    expect(decodeAcknowledgement({ type: 2, flags: 0x200, sequence: 7, payload })).toEqual({ errno: 22, text: 'bad' });
  });

  test('the end of a dump that failed', () => {
    const payload = Buffer.concat([bytes('ffffffff'), textAttribute(1, 'no')]);
    expect(decodeAcknowledgement({ type: 3, flags: 0x202, sequence: 7, payload })).toEqual({ errno: 1, text: 'no' });
  });
});
