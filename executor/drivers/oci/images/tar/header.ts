import { TarError } from './tar-error.ts';

/*
 * Headers of tar archives: POSIX ustar and pax (pax(1)), GNU, and Version 7. They are read as Go's `archive/tar` reads
 * them, since a program written in Go unpacks what was checked with this: what that one may read otherwise is refused.
 */

export const BLOCK_BYTES = 512;

/** A header as it is in its block, before an extended header or a long name replaces parts of it. */
export interface RawHeader {
  readonly name: string;
  readonly linkName: string;
  /** In bytes; of the content that follows, unless the entry is of a type that has none. */
  readonly size: number;
  /** One character. */
  readonly type: string;
}

interface Field {
  readonly start: number;
  readonly length: number;
}

const NAME: Field = { start: 0, length: 100 };
const SIZE: Field = { start: 124, length: 12 };
const SUM: Field = { start: 148, length: 8 };
const TYPE: Field = { start: 156, length: 1 };
const LINK_NAME: Field = { start: 157, length: 100 };
const MAGIC: Field = { start: 257, length: 8 };
const PREFIX: Field = { start: 345, length: 155 };
/** Of Joerg Schilling's star, which has this trailer and a shorter prefix. */
const STAR_PREFIX: Field = { start: 345, length: 131 };
const STAR_TRAILER: Field = { start: 508, length: 4 };
/** Of GNU's format, where others have the prefix. */
const GNU_TIMES: readonly Field[] = [
  { start: 345, length: 12 },
  { start: 357, length: 12 },
];

/** Null: the block has only zeros, which ends an archive. */
export function parseHeader(block: Buffer): RawHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  checkSum(block);
  const prefix = prefixIn(block);
  const name = text(block, NAME);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, LINK_NAME),
    size: number(block, SIZE),
    type: latin(block, TYPE),
  };
}

function prefixIn(block: Buffer): string {
  const magic = latin(block, MAGIC);
  if (magic.startsWith('ustar\0')) return text(block, latin(block, STAR_TRAILER) === 'tar\0' ? STAR_PREFIX : PREFIX);
  // Go's reader takes times that are no numbers for a prefix.
  if (magic === 'ustar  \0') for (const time of GNU_TIMES) number(block, time);
  return '';
}

/** The sum of all bytes, its own field counted as spaces; some programs have summed signed bytes. */
function checkSum(block: Buffer): void {
  const expected = octal(block, SUM);
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const isOwn = index >= SUM.start && index < SUM.start + SUM.length;
    unsigned += isOwn ? 0x20 : block.readUInt8(index);
    signed += isOwn ? 0x20 : block.readInt8(index);
  }
  if (expected !== unsigned && expected !== signed) throw new TarError('a header has a wrong check sum');
}

/** Octal digits, or as GNU has it, binary and big-endian, marked by the highest bit; the next one is the sign. */
function number(block: Buffer, field: Field): number {
  const bytes = Buffer.from(slice(block, field));
  const first = bytes.readUInt8(0);
  if ((first & 0x80) === 0) return octal(block, field);
  bytes.writeUInt8(first & 0x7f, 0);
  const value = BigInt(`0x${bytes.toString('hex')}`);
  if ((first & 0x40) !== 0 || value > Number.MAX_SAFE_INTEGER) throw new TarError('a header has an impossible number');
  return Number(value);
}

function octal(block: Buffer, field: Field): number {
  const [digits = ''] = latin(block, field)
    .replace(/^[ \0]+|[ \0]+$/g, '')
    .split('\0');
  if (!/^[0-7]*$/.test(digits)) throw new TarError('a header has a number that is not octal');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Up to the first zero byte. */
function text(block: Buffer, field: Field): string {
  const bytes = slice(block, field);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function latin(block: Buffer, field: Field): string {
  return slice(block, field).toString('latin1');
}

function slice(block: Buffer, { start, length }: Field): Buffer {
  return block.subarray(start, start + length);
}
