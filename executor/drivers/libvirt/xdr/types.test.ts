import { describe, expect, test } from 'vitest';
import { XdrError } from './reader.ts';
import {
  array,
  decode,
  double,
  encode,
  fixedArray,
  fixedOpaque,
  hyper,
  int,
  nothing,
  opaque,
  optional,
  string,
  struct,
  union,
  unsignedHyper,
  unsignedInt,
  type XdrType,
} from './types.ts';

/** Checks both directions: these bytes, written in hexadecimal, are this value. */
function same<Value>(type: XdrType<Value>, value: Value, hexadecimal: string): void {
  const bytes = Buffer.from(hexadecimal.replaceAll(' ', ''), 'hex');
  expect(encode(type, value).toString('hex')).toBe(bytes.toString('hex'));
  expect(decode(type, bytes)).toStrictEqual(value);
}

describe('exact bytes', () => {
  test('numbers', () => {
    same(int, -2, 'fffffffe');
    same(unsignedInt, 0xfffffffe, 'fffffffe');
    same(hyper, -2n, 'fffffffffffffffe');
    same(unsignedHyper, 2n ** 64n - 2n, 'fffffffffffffffe');
    same(double, 1.5, '3ff8000000000000');
    same(nothing, undefined, '');
  });

  test('strings are padded to four bytes, and counted in bytes of UTF-8', () => {
    same(string(10), '', '00000000');
    same(string(10), 'abcd', '00000004 61626364');
    same(string(10), 'aé', '00000003 61c3a900');
  });

  test('bytes', () => {
    same(fixedOpaque(5), Buffer.from('0102030405', 'hex'), '01020304 05000000');
    same(opaque(9), Buffer.from('01', 'hex'), '00000001 01000000');
  });

  test('arrays', () => {
    same(array(int, 3), [1, 2], '00000002 00000001 00000002');
    same(fixedArray(int, 2), [1, 2], '00000001 00000002');
  });

  test('a value that may be absent', () => {
    same(optional(int), 7, '00000001 00000007');
    same(optional(int), null, '00000000');
  });

  test('structures and unions', () => {
    const parameter = struct({ field: string(80), value: union({ 1: int, 4: unsignedHyper }) });
    same(parameter, { field: 'cpu', value: { kind: 4, value: 1n } }, '00000003 63707500 00000004 0000000000000001');
  });

  test('one that needs more than the first buffer', () => {
    const text = 'x'.repeat(1000);
    same(array(string(1000), 5), [text, text, text], `00000003${`000003e8${'78'.repeat(1000)}`.repeat(3)}`);
  });
});

describe('refused', () => {
  test.for<[string, XdrType<unknown>, string]>([
    ['bytes that end too early', hyper, '00000000'],
    ['a string that is longer than its limit', string(3), '00000004 61626364'],
    ['a string that is longer than the rest', string(30), '00000009 61626364'],
    ['a string without its padding', string(30), '00000003 616263'],
    ['an array that is longer than its limit', array(int, 1), '00000002 00000001 00000002'],
    ['a discriminant that is not described', union({ 1: int }), '00000002 00000001'],
    ['a flag that is neither 0 nor 1', optional(int), '00000002 00000001'],
    ['bytes after the value', int, '00000001 00000002'],
  ])('%s', ([, type, hexadecimal]) => {
    expect(() => decode(type, Buffer.from(hexadecimal.replaceAll(' ', ''), 'hex'))).toThrow(XdrError);
  });

  test('values that do not fit their description', () => {
    expect(() => encode(string(3), 'four')).toThrow(XdrError);
    expect(() => encode(fixedOpaque(2), Buffer.alloc(3))).toThrow(XdrError);
    expect(() => encode(fixedArray(int, 2), [1])).toThrow(XdrError);
    expect(() => encode(array(int, 1), [1, 2])).toThrow(XdrError);
    expect(() => encode(int, 2 ** 31)).toThrow(RangeError);
  });
});
