import { describe, expect, test } from 'vitest';
import { type IsoFile, iso9660Image } from './iso9660.ts';
import { SECTOR } from './sector.ts';

const content = (text: string) => new TextEncoder().encode(text);

const files: readonly IsoFile[] = [
  { name: 'user-data', content: content('u'.repeat(SECTOR + 1)) },
  { name: 'empty', content: content('') },
  { name: 'meta-data', content: content('m') },
];

/** The volume descriptors, by their types, and what they say. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** The sector of the first descriptor of this type. */
  descriptor(type: number): number {
    const sector = [16, 17, 18].find((each) => this.#bytes[each * SECTOR] === type);
    if (sector === undefined || this.text(sector * SECTOR + 1, 5) !== 'CD001') throw new Error(`no descriptor ${type}`);
    return sector;
  }

  text(offset: number, length: number, encoding = 'ascii'): string {
    return new TextDecoder(encoding).decode(this.#bytes.subarray(offset, offset + length));
  }

  /** A number that is written in both orders. */
  both32(offset: number): number {
    const value = this.#view.getUint32(offset, true);
    if (value !== this.#view.getUint32(offset + 4)) throw new Error(`two numbers at ${offset}`);
    return value;
  }

  /** The names of the root directory of a descriptor, with the content of those that are files. */
  root(descriptor: number, encoding: string): (readonly [string, string | null])[] {
    const root = this.both32(descriptor * SECTOR + 156 + 2) * SECTOR;
    const entries: (readonly [string, string | null])[] = [];
    for (const offset of this.records(descriptor)) {
      const name = this.text(offset + 33, this.#bytes[offset + 32] ?? 0, encoding);
      const isDirectory = this.#bytes[offset + 25] === 2;
      const start = this.both32(offset + 2) * SECTOR;
      if (isDirectory && start !== root) throw new Error('a directory that is not the root');
      entries.push([isDirectory ? '.' : name, isDirectory ? null : this.text(start, this.both32(offset + 10))]);
    }
    return entries;
  }

  /** The offsets of the records of the root directory of a descriptor. */
  records(descriptor: number): number[] {
    const offsets: number[] = [];
    let offset = this.both32(descriptor * SECTOR + 156 + 2) * SECTOR;
    for (let length = this.#bytes[offset] ?? 0; length > 0; length = this.#bytes[offset] ?? 0) {
      offsets.push(offset);
      offset += length;
    }
    return offsets;
  }

  /** The sector of the root by the path table with the most significant byte last (L), and the one with it first (M). */
  pathTables(descriptor: number): number[] {
    const at = descriptor * SECTOR;
    const last = this.#view.getUint32(at + 140, true) * SECTOR;
    const first = this.#view.getUint32(at + 148) * SECTOR;
    return [this.#view.getUint32(last + 2, true), this.#view.getUint32(first + 2)];
  }
}

const image = iso9660Image('cidata', files);
const reader = new Reader(image);

describe.each([
  ['the standard’s', 1, 'ascii', (name: string) => `${name.toUpperCase()}.;1`],
  ['Joliet’s', 2, 'utf-16be', (name: string) => name],
] as const)('%s names', (_, type, encoding, written) => {
  const descriptor = reader.descriptor(type);
  const at = descriptor * SECTOR;

  test('the directory has itself, its parent, and the files in order with their content', () => {
    expect(reader.root(descriptor, encoding)).toEqual([
      ['.', null],
      ['.', null],
      [written('empty'), ''],
      [written('meta-data'), 'm'],
      [written('user-data'), 'u'.repeat(SECTOR + 1)],
    ]);
  });

  test('each record begins at an even offset, and each file has a sector of its own', () => {
    const offsets = reader.records(descriptor);
    expect(offsets.filter((offset) => offset % 2 === 1)).toEqual([]);
    const [, ...contents] = offsets.slice(1).map((offset) => reader.both32(offset + 2));
    expect(new Set(contents).size).toBe(files.length);
  });

  test('the volume is named, and as large as the image', () => {
    expect(reader.text(at + 40, 32, encoding).trimEnd()).toBe('cidata');
    expect(reader.both32(at + 80) * SECTOR).toBe(image.length);
  });

  test('both path tables lead to the directory', () => {
    const root = reader.both32(at + 158);
    expect(reader.pathTables(descriptor)).toEqual([root, root]);
  });
});

test('Joliet is announced, and the descriptors end', () => {
  expect(reader.text(reader.descriptor(2) * SECTOR + 88, 3)).toBe('%/E');
  expect(reader.descriptor(255)).toBe(18);
});

test('the same files give the same image, in whatever order', () => {
  expect(iso9660Image('cidata', files.toReversed())).toEqual(image);
});

test('more names than a sector holds are refused', () => {
  const many = Array.from({ length: 40 }, (_, n) => ({ name: `${n}`.padStart(20, 'a'), content: content('') }));
  expect(() => iso9660Image('cidata', many)).toThrow('the names of the files do not fit');
});
