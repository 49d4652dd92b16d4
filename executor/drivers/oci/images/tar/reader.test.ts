import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../../test/support/database.ts';
import { entryBlocks, type MadeEntry, makeTar, sealed } from '../../../../../test/support/images/tar.ts';
import { TarReader } from './reader.ts';

/** All entries with their contents, read in pieces of this size. */
function read(archive: Buffer, pieceBytes = archive.length): string[] {
  const reader = new TarReader();
  const found: string[] = [];
  for (let start = 0; start < archive.length; start += pieceBytes) {
    for (const part of reader.push(archive.subarray(start, start + pieceBytes))) {
      if (part.kind === 'data') {
        found.push((found.pop() ?? '') + part.data.toString());
      } else {
        const { type, name, linkName, size } = part.entry;
        found.push(`${type} ${name} ${linkName} ${size} `);
      }
    }
  }
  reader.end();
  return found;
}

const LONG = `${'d'.repeat(90)}/${'f'.repeat(120)}`;

/** A header whose field is overwritten with these bytes. */
function withField(start: number, bytes: Buffer | string, entry: MadeEntry = { name: 'a' }): Buffer {
  const [block = Buffer.alloc(512), ...rest] = entryBlocks(entry);
  Buffer.from(bytes).copy(block, start);
  return Buffer.concat([sealed(block), ...rest, Buffer.alloc(1_024)]);
}

describe('an archive', () => {
  const archive = makeTar(
    { name: 'directory/', type: '5' },
    { name: 'directory/file', content: 'text' },
    { name: 'empty' },
    { name: 'short', pax: { path: LONG, mtime: '1.5', 'SCHILY.xattr.user.x': 'a\0b' }, content: 'x'.repeat(600) },
    { name: 'link', type: '2', linkName: '../x' },
    { name: 'hard', type: '1', linkName: 'empty', size: 77 },
    { name: 'pipe', type: '6' },
    { name: 'null', type: '3', device: [1, 3] },
    { name: 'disk', type: '4', device: [8, 0] },
    { name: 'last', content: 'y' },
  );
  const expected = [
    ...['directory directory/  0 ', 'file directory/file  4 text', 'file empty  0 '],
    ...[`file ${LONG}  600 ${'x'.repeat(600)}`, 'symbolic link link ../x 0 ', 'hard link hard empty 0 '],
    ...['FIFO pipe  0 ', 'device null  0 ', 'device disk  0 ', 'file last  1 y'],
  ];

  it.each([1, 7, 511, 512, 513, 4_096, archive.length])('is read in pieces of %d bytes', (pieceBytes) => {
    expect(read(archive, pieceBytes)).toEqual(expected);
  });

  it.each(['v7', 'ustar', 'pax', 'gnu', 'oldgnu'])('of tar(1) in the format %s is read', (format) => {
    const directory = temporaryDirectory();
    const name = format === 'v7' ? 'short' : `${'d'.repeat(80)}/${'e'.repeat(60)}`;
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, 'ä'), 'content');
    symlinkSync('target', join(directory, name, 'link'));
    const args = ['--create', '--sort=name', `--format=${format}`, '--directory', directory, name];
    expect(read(execFileSync('tar', args), 100)).toEqual([
      `directory ${name}/  0 `,
      `symbolic link ${name}/link target 0 `,
      `file ${name}/ä  7 content`,
    ]);
  });

  it('may end without its padding and its end, as umoci writes it', () => {
    const [header = Buffer.alloc(0)] = entryBlocks({ name: 'a', content: 'text' });
    expect(read(Buffer.concat([header, Buffer.from('text')]))).toEqual(['file a  4 text']);
    expect(read(Buffer.concat([header, Buffer.from('text')]), 100)).toEqual(['file a  4 text']);
  });

  it('ends at its end, whatever follows', () => {
    expect(read(Buffer.concat([makeTar({ name: 'a' }), makeTar({ name: 'b' })]))).toEqual(['file a  0 ']);
    expect(read(Buffer.alloc(1_024))).toEqual([]);
  });
});

describe('an entry', () => {
  it('has the size of its extended header, for which Go’s reader looks, too', () => {
    const blocks = entryBlocks({ name: 'a', pax: { size: '600' }, size: 0, content: 'z'.repeat(600) });
    expect(read(Buffer.concat([...blocks, ...entryBlocks({ name: 'b' })]))).toEqual([
      `file a  600 ${'z'.repeat(600)}`,
      'file b  0 ',
    ]);
  });

  it('has the long name before the one of its extended header', () => {
    const long: MadeEntry = { name: 'x', type: 'L', content: `${LONG}\0` };
    const link: MadeEntry = { name: 'x', type: 'K', content: 'there\0' };
    const entry: MadeEntry = { name: 'short', type: '2', linkName: 'here', pax: { path: 'pax', linkpath: 'pax' } };
    expect(read(makeTar(long, link, entry, { name: 'next', type: '2', linkName: 'kept' }))).toEqual([
      `symbolic link ${LONG} there 0 `,
      'symbolic link next kept 0 ',
    ]);
  });

  it('of Version 7 is a directory if its last name ends with a slash', () => {
    const long: MadeEntry = { name: 'x', type: 'L', content: 'long/\0' };
    const old = { type: '\0', magic: '', size: 512 };
    expect(
      read(makeTar({ name: 'd/', ...old }, long, { name: 'f', ...old }, { name: 'f', type: '\0', magic: '' })),
    ).toEqual([...['directory d/  0 ', 'directory long/  0 ', 'file f  0 ']]);
  });

  it('has the prefix of its header, but in GNU’s format, which has times there', () => {
    expect(read(withField(345, 'prefix'))).toEqual(['file prefix/a  0 ']);
    expect(read(withField(345, '00000000001\0', { name: 'a', magic: 'ustar  \0' }))).toEqual(['file a  0 ']);
    expect(() => read(withField(345, 'prefix', { name: 'a', magic: 'ustar  \0' }))).toThrow('not octal');
    expect(read(withField(345, 'prefix', { name: 'a', magic: '' }))).toEqual(['file a  0 ']);
  });

  it('may have a binary size', () => {
    const size = Buffer.alloc(12);
    size.writeUInt8(0x80, 0);
    size.writeUInt16BE(3, 10);
    expect(read(withField(124, size, { name: 'a', content: 'xyz' }))).toEqual(['file a  3 xyz']);
  });
});

describe('refused is', () => {
  const broken = entryBlocks({ name: 'a' })[0] ?? Buffer.alloc(0);
  const far = Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255]);

  it.each<[string, Buffer, string]>([
    ['an end within a header', broken.subarray(0, 100), 'ends within an entry'],
    ['an end within a content', makeTar({ name: 'a', content: 'text' }).subarray(0, 514), 'ends within an entry'],
    [
      'an end after an extended header',
      Buffer.concat(entryBlocks({ name: 'a', pax: { path: 'b' } }).slice(0, 2)),
      'ends within',
    ],
    ['an entry after half an end', Buffer.concat([Buffer.alloc(512), broken]), 'follows the end'],
    ['a wrong check sum', Buffer.concat([broken.subarray(0, 511), Buffer.from('x')]), 'wrong check sum'],
    ['noise', Buffer.alloc(512, 0x41), 'not octal'],
    ['an unknown type', makeTar({ name: 'a', type: 'Z' }), 'the entry a has the unknown type "Z"'],
    ['a sparse file of GNU’s', makeTar({ name: 'a', type: 'S' }), 'unknown type "S"'],
    ['a sparse file of pax', makeTar({ name: 'a', pax: { 'GNU.sparse.size': '9' } }), 'a sparse file'],
    ['a global header', makeTar({ name: 'a', type: 'g', content: '6 a=b\n' }), 'unknown type "g"'],
    ['a size that is no number', withField(124, '9999'), 'not octal'],
    ['a negative size', withField(124, Buffer.alloc(12, 0xff)), 'impossible number'],
    ['a size that is too large', withField(124, far), 'impossible number'],
    ['a size in words', makeTar({ name: 'a', pax: { size: '1e3' } }), 'impossible size'],
    ['a name with a zero byte', makeTar({ name: 'a', pax: { path: 'b\0c' } }), 'broken record'],
    ['a record without its length', makeTar({ name: 'a', type: 'x', content: 'path=b\n' }), 'broken record'],
    [
      'a record that is longer than it says',
      makeTar({ name: 'a', type: 'x', content: '9 path=bcd\n' }),
      'broken record',
    ],
    [
      'a record that is shorter than it says',
      makeTar({ name: 'a', type: 'x', content: '99 path=b\n' }),
      'broken record',
    ],
    ['a long name without end', makeTar({ name: 'a', type: 'L', size: 2_000_000 }), 'over 1 MiB'],
  ])('%s', (_, archive, words) => {
    expect(() => read(archive)).toThrow(words);
    expect(() => read(archive, 13)).toThrow(words);
  });
});
