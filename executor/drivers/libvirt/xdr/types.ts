import { XdrError, XdrReader } from './reader.ts';
import { XdrWriter } from './writer.ts';

/* Descriptions of XDR types (RFC 4506, section 4) from which both directions, and the type of the value, follow. */

/** A type of XDR, and the type of its values here. */
export interface XdrType<Value> {
  encode(writer: XdrWriter, value: Value): void;
  decode(reader: XdrReader): Value;
}

/** The values of a description: `ValueOf<typeof domain>`. */
export type ValueOf<Type> = Type extends XdrType<infer Value> ? Value : never;

type Members = Readonly<Record<string, XdrType<unknown>>>;

/** Arms of a union by their discriminants. */
type Arms = Readonly<Record<number, XdrType<unknown>>>;

export const int: XdrType<number> = {
  encode: (writer, value) => writer.int32(value),
  decode: (reader) => reader.int32(),
};

export const unsignedInt: XdrType<number> = {
  encode: (writer, value) => writer.uint32(value),
  decode: (reader) => reader.uint32(),
};

export const hyper: XdrType<bigint> = {
  encode: (writer, value) => writer.int64(value),
  decode: (reader) => reader.int64(),
};

export const unsignedHyper: XdrType<bigint> = {
  encode: (writer, value) => writer.uint64(value),
  decode: (reader) => reader.uint64(),
};

export const double: XdrType<number> = {
  encode: (writer, value) => writer.float64(value),
  decode: (reader) => reader.float64(),
};

/** No bytes at all: the arguments or the result of a procedure without any. */
export const nothing: XdrType<undefined> = {
  encode: () => undefined,
  decode: () => undefined,
};

/** UTF-8, up to a number of bytes. */
export function string(limit: number): XdrType<string> {
  return {
    encode(writer, value) {
      const bytes = Buffer.from(value, 'utf8');
      writer.uint32(within(bytes.length, limit));
      writer.padded(bytes);
    },
    decode: (reader) => reader.padded(within(reader.uint32(), limit)).toString('utf8'),
  };
}

/** A fixed number of bytes. */
export function fixedOpaque(length: number): XdrType<Buffer> {
  return {
    encode(writer, value) {
      if (value.length !== length) throw new XdrError(`${value.length} bytes where ${length} are expected`);
      writer.padded(value);
    },
    decode: (reader) => Buffer.from(reader.padded(length)),
  };
}

/** Bytes, up to a number of them. */
export function opaque(limit: number): XdrType<Buffer> {
  return {
    encode(writer, value) {
      writer.uint32(within(value.length, limit));
      writer.padded(value);
    },
    decode: (reader) => Buffer.from(reader.padded(within(reader.uint32(), limit))),
  };
}

/** Elements of one type, up to a number of them. */
export function array<Value>(element: XdrType<Value>, limit: number): XdrType<readonly Value[]> {
  return {
    encode(writer, values) {
      writer.uint32(within(values.length, limit));
      for (const value of values) element.encode(writer, value);
    },
    decode: (reader) => elements(element, within(reader.uint32(), limit), reader),
  };
}

/** A fixed number of elements of one type. */
export function fixedArray<Value>(element: XdrType<Value>, length: number): XdrType<readonly Value[]> {
  return {
    encode(writer, values) {
      if (values.length !== length) throw new XdrError(`${values.length} elements where ${length} are expected`);
      for (const value of values) element.encode(writer, value);
    },
    decode: (reader) => elements(element, length, reader),
  };
}

/** A value that may be absent: null. */
export function optional<Value>(type: XdrType<Value>): XdrType<Value | null> {
  return {
    encode(writer, value) {
      writer.uint32(value === null ? 0 : 1);
      if (value !== null) type.encode(writer, value);
    },
    decode: (reader) => (within(reader.uint32(), 1) === 1 ? type.decode(reader) : null),
  };
}

export type StructValue<Described extends Members> = { readonly [Name in keyof Described]: ValueOf<Described[Name]> };

/** Members one after another, in the order of the description. */
export function struct<const Described extends Members>(members: Described): XdrType<StructValue<Described>> {
  const entries = Object.entries(members);
  return {
    encode(writer, value) {
      for (const [name, type] of entries) type.encode(writer, value[name]);
    },
    decode(reader) {
      return Object.fromEntries(entries.map(([name, type]) => [name, type.decode(reader)])) as StructValue<Described>;
    },
  };
}

/** A discriminant, and the value that it announces. */
export type UnionValue<Described extends Arms> = {
  [Kind in keyof Described & number]: { readonly kind: Kind; readonly value: ValueOf<Described[Kind]> };
}[keyof Described & number];

/** A number that tells which type follows. One that is not described is an error. */
export function union<const Described extends Arms>(arms: Described): XdrType<UnionValue<Described>> {
  const arm = (kind: number): XdrType<unknown> => {
    const type = arms[kind];
    if (type === undefined) throw new XdrError(`the discriminant ${kind} of a union is unknown`);
    return type;
  };
  return {
    encode(writer, { kind, value }) {
      writer.int32(kind);
      arm(kind).encode(writer, value);
    },
    decode(reader) {
      const kind = reader.int32();
      return { kind, value: arm(kind).decode(reader) } as UnionValue<Described>;
    },
  };
}

/** @throws XdrError if the value does not fit its description */
export function encode<Value>(type: XdrType<Value>, value: Value): Buffer {
  const writer = new XdrWriter();
  type.encode(writer, value);
  return writer.bytes();
}

/** @throws XdrError if the bytes are not exactly one value */
export function decode<Value>(type: XdrType<Value>, bytes: Buffer): Value {
  const reader = new XdrReader(bytes);
  const value = type.decode(reader);
  if (reader.remaining > 0) throw new XdrError(`${reader.remaining} bytes follow the value`);
  return value;
}

function elements<Value>(element: XdrType<Value>, count: number, reader: XdrReader): Value[] {
  const values: Value[] = [];
  for (let index = 0; index < count; index += 1) values.push(element.decode(reader));
  return values;
}

function within(length: number, limit: number): number {
  if (length > limit) throw new XdrError(`${length} where ${limit} is the limit`);
  return length;
}
