import { BLOCK_BYTES, parseHeader, type RawHeader } from './header.ts';
import { NO_RECORDS, type PaxRecords, parsePax } from './pax.ts';
import { TarError } from './tar-error.ts';

export type TarEntryType = 'file' | 'hard link' | 'symbolic link' | 'device' | 'directory' | 'FIFO';

export interface TarEntry {
  readonly type: TarEntryType;
  readonly name: string;
  /** Of a link; else empty. */
  readonly linkName: string;
  /** Bytes of content that follow; 0 for all but files. */
  readonly size: number;
}

export type TarPart =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  /** The next bytes of the last entry's content. */
  | { readonly kind: 'data'; readonly data: Buffer };

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '1': 'hard link',
  '2': 'symbolic link',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'FIFO',
};

/** Of Version 7, where the name of a directory ends with a slash. */
const NO_TYPE = '\0';
const PAX_RECORDS = 'x';
const LONG_NAME = 'L';
const LONG_LINK_NAME = 'K';

/** Of an extended header or a long name; Go's reader has the same limit. */
const LONGEST_META_BYTES = 1_048_576;

/** Reads a tar archive as it arrives, in pieces of any size. Throws a {@link TarError}. */
export class TarReader {
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #filled = 0;
  #content = 0;
  #padding = 0;
  /** The extended header or long name that is being read. */
  #meta: { readonly type: string; readonly pieces: Buffer[] } | null = null;
  #records: PaxRecords = NO_RECORDS;
  #longName: string | null = null;
  #longLinkName: string | null = null;
  #zeroBlocks = 0;

  /** The parts that end in this piece; data refers to the piece's memory. */
  *push(piece: Buffer): Generator<TarPart> {
    let rest = piece;
    while (rest.length > 0 && this.#zeroBlocks < 2) {
      if (this.#content > 0) {
        const data = rest.subarray(0, this.#content);
        this.#content -= data.length;
        rest = rest.subarray(data.length);
        if (this.#meta === null) yield { kind: 'data', data };
        else this.#meta.pieces.push(Buffer.from(data));
        if (this.#content === 0) this.#endMeta();
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, rest.length);
        this.#padding -= skipped;
        rest = rest.subarray(skipped);
      } else {
        rest = this.#fillBlock(rest);
        if (this.#filled < BLOCK_BYTES) return;
        this.#filled = 0;
        const entry = this.#header(parseHeader(this.#block));
        if (entry !== null) yield { kind: 'entry', entry };
      }
    }
  }

  /** Throws if the archive has ended in the middle. As for Go's reader, its last padding and its end may be missing. */
  end(): void {
    if (this.#zeroBlocks < 2 && (this.#content > 0 || this.#filled > 0 || this.#hasMeta())) {
      throw new TarError('it ends within an entry');
    }
  }

  #fillBlock(rest: Buffer): Buffer {
    const taken = rest.copy(this.#block, this.#filled);
    this.#filled += taken;
    return rest.subarray(taken);
  }

  /** Null: not an entry, but about the next one, or the end. */
  #header(header: RawHeader | null): TarEntry | null {
    if (header === null) {
      this.#zeroBlocks += 1;
      return null;
    }
    if (this.#zeroBlocks > 0) throw new TarError('an entry follows the end of the archive');
    if ([PAX_RECORDS, LONG_NAME, LONG_LINK_NAME].includes(header.type)) {
      this.#beginMeta(header);
      return null;
    }
    return this.#entry(header);
  }

  #beginMeta({ type, size }: RawHeader): void {
    if (size > LONGEST_META_BYTES) throw new TarError('an extended header or a long name is over 1 MiB');
    this.#meta = { type, pieces: [] };
    this.#expect(size);
    if (size === 0) this.#endMeta();
  }

  #endMeta(): void {
    if (this.#meta === null) return;
    const content = Buffer.concat(this.#meta.pieces);
    const { type } = this.#meta;
    this.#meta = null;
    if (type === PAX_RECORDS) this.#records = parsePax(content);
    else if (type === LONG_NAME) this.#longName = untilZero(content);
    else this.#longLinkName = untilZero(content);
  }

  #hasMeta(): boolean {
    return this.#records !== NO_RECORDS || this.#longName !== null || this.#longLinkName !== null;
  }

  #entry(header: RawHeader): TarEntry {
    const name = this.#longName ?? this.#records.name ?? header.name;
    const type = header.type === NO_TYPE ? (name.endsWith('/') ? 'directory' : 'file') : TYPES[header.type];
    if (type === undefined) throw new TarError(`the entry ${name} has the unknown type ${JSON.stringify(header.type)}`);
    const linkName = this.#longLinkName ?? this.#records.linkName ?? header.linkName;
    // Other types have no content, whatever their header says.
    const size = type === 'file' ? (this.#records.size ?? header.size) : 0;
    this.#records = NO_RECORDS;
    this.#longName = null;
    this.#longLinkName = null;
    this.#expect(size);
    return { type, name, linkName, size };
  }

  #expect(size: number): void {
    this.#content = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
  }
}

function untilZero(content: Buffer): string {
  const end = content.indexOf(0);
  return content.toString('utf8', 0, end === -1 ? content.length : end);
}
