import { SECTOR, Sector } from './sector.ts';

/*
 * ISO 9660 (ECMA-119) with Joliet, whose second set of directories has the names as they are: the first one's are in capital
 * letters, which is all that the standard has. One directory, a few files.
 */

export interface IsoFile {
  /** Of lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** A file, and where its content is. */
interface PlacedFile extends IsoFile {
  readonly sector: number;
}

/** One of the two sets of names, and the sectors of what belongs to it. */
interface Names {
  readonly isJoliet: boolean;
  readonly pathTableLittleEndian: number;
  readonly pathTableBigEndian: number;
  readonly root: number;
}

/** The first sectors are the system's. */
const DESCRIPTORS = 16;
const PRIMARY: Names = { isJoliet: false, pathTableLittleEndian: 19, pathTableBigEndian: 20, root: 23 };
const JOLIET: Names = { isJoliet: true, pathTableLittleEndian: 21, pathTableBigEndian: 22, root: 24 };
const FIRST_CONTENT = 25;

/** The length of a path table of nothing but the root. */
const PATH_TABLE_LENGTH = 10;

/** Types of volume descriptors. */
const TYPE_PRIMARY = 1;
const TYPE_SUPPLEMENTARY = 2;
const TYPE_TERMINATOR = 255;

/** In a directory record's flags. */
const IS_DIRECTORY = 2;

/**
 * An image of these files, without any time in it: the same one for the same files.
 *
 * @param volume the volume's name, 16 ASCII characters at most
 * @throws RangeError if the files' names do not fit into one sector
 */
export function iso9660Image(volume: string, files: readonly IsoFile[]): Uint8Array {
  const placed = place(files.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
  const size = placed.reduce((end, { sector, content }) => Math.max(end, sector + sectors(content)), FIRST_CONTENT);
  const image = new Uint8Array(size * SECTOR);
  const put = (sector: number, bytes: Uint8Array) => image.set(bytes, sector * SECTOR);
  put(DESCRIPTORS, descriptor(PRIMARY, volume, size));
  put(DESCRIPTORS + 1, descriptor(JOLIET, volume, size));
  put(DESCRIPTORS + 2, new Sector().uint8(0, TYPE_TERMINATOR).ascii(1, 'CD001').uint8(6, 1).bytes);
  for (const names of [PRIMARY, JOLIET]) {
    put(names.pathTableLittleEndian, pathTable(names, true));
    put(names.pathTableBigEndian, pathTable(names, false));
    put(names.root, directory(names, placed));
  }
  for (const { sector, content } of placed) put(sector, content);
  return image;
}

/** One behind the other. An empty file has a place of its own, too: some readers take sector 0 for an error. */
function place(files: readonly IsoFile[]): PlacedFile[] {
  const placed: PlacedFile[] = [];
  let sector = FIRST_CONTENT;
  for (const file of files) {
    placed.push({ ...file, sector });
    sector += sectors(file.content);
  }
  return placed;
}

function sectors(content: Uint8Array): number {
  return Math.max(1, Math.ceil(content.length / SECTOR));
}

/** Sections 8.4 and 8.5 of the standard; the escape sequence is Joliet's level 3. */
function descriptor(names: Names, volume: string, size: number): Uint8Array {
  const { isJoliet, pathTableLittleEndian, pathTableBigEndian, root } = names;
  const sector = new Sector()
    .uint8(0, isJoliet ? TYPE_SUPPLEMENTARY : TYPE_PRIMARY)
    .ascii(1, 'CD001')
    .uint8(6, 1);
  const text = (offset: number, length: number, value = '') => sector.padded(offset, length, value, isJoliet);
  text(8, 32);
  text(40, 32, volume);
  if (isJoliet) sector.ascii(88, '%/E');
  sector.bothEndian32(80, size).bothEndian16(120, 1).bothEndian16(124, 1).bothEndian16(128, SECTOR);
  sector.bothEndian32(132, PATH_TABLE_LENGTH);
  sector.littleEndian32(140, pathTableLittleEndian).bigEndian32(148, pathTableBigEndian);
  sector.put(156, record(rootName(0), root, SECTOR, IS_DIRECTORY));
  for (const offset of [190, 318, 446, 574]) text(offset, 128);
  for (const offset of [702, 739, 776]) text(offset, 37);
  // No time is given: sixteen digits, and the zone.
  for (const offset of [813, 830, 847, 864]) sector.ascii(offset, '0'.repeat(16));
  return sector.uint8(881, 1).bytes;
}

/** Section 9.4: the root, which is its own parent. */
function pathTable({ root }: Names, isLittleEndian: boolean): Uint8Array {
  const sector = new Sector().uint8(0, 1);
  if (isLittleEndian) sector.littleEndian32(2, root).littleEndian16(6, 1);
  else sector.bigEndian32(2, root).bigEndian16(6, 1);
  return sector.bytes;
}

function directory({ isJoliet, root }: Names, files: readonly PlacedFile[]): Uint8Array {
  const itself = [0, 1].map((which) => record(rootName(which), root, SECTOR, IS_DIRECTORY));
  const entries = files.map(({ name, sector, content }) => record(fileName(name, isJoliet), sector, content.length, 0));
  const sector = new Sector();
  let offset = 0;
  for (const entry of [...itself, ...entries]) {
    if (offset + entry.length > SECTOR) throw new RangeError('the names of the files do not fit into one sector');
    sector.put(offset, entry);
    offset += entry.length;
  }
  return sector.bytes;
}

/** Section 9.1. Its length is even. */
function record(name: Uint8Array, sector: number, length: number, flags: number): Uint8Array {
  const size = 33 + name.length + ((name.length + 1) % 2);
  return new Sector(size)
    .uint8(0, size)
    .bothEndian32(2, sector)
    .bothEndian32(10, length)
    .put(18, NO_TIME)
    .uint8(25, flags)
    .bothEndian16(28, 1)
    .uint8(32, name.length)
    .put(33, name).bytes;
}

/** 1 January 1970: a record has no way to give no time that every reader understands. */
const NO_TIME = Uint8Array.of(70, 1, 1, 0, 0, 0, 0);

/** The directory itself is 0, its parent 1. */
function rootName(which: number): Uint8Array {
  return Uint8Array.of(which);
}

/** As it is, as genisoimage writes it, or by the standard, with an empty extension and a version. */
function fileName(name: string, isJoliet: boolean): Uint8Array {
  return isJoliet ? ucs2(name) : new TextEncoder().encode(`${name.toUpperCase()}.;1`);
}

function ucs2(text: string): Uint8Array {
  return new Sector(text.length * 2).padded(0, text.length * 2, text, true).bytes;
}
