import { TarError } from './tar-error.ts';

/** What an extended header replaces; null: the header's own value remains. */
export interface PaxRecords {
  readonly name: string | null;
  readonly linkName: string | null;
  /** In bytes. */
  readonly size: number | null;
}

export const NO_RECORDS: PaxRecords = { name: null, linkName: null, size: null };

/**
 * The records of an extended header of pax(1), `LENGTH KEYWORD=VALUE\n`. Those of GNU's sparse files are refused: their
 * sizes have nothing to do with those of their entries, and images have none.
 */
export function parsePax(content: Buffer): PaxRecords {
  const records = new Map<string, string>();
  let rest = content;
  while (rest.length > 0) {
    const { keyword, value, length } = firstRecord(rest);
    if (keyword.startsWith('GNU.sparse.')) throw new TarError('an entry is a sparse file');
    records.set(keyword, value);
    rest = rest.subarray(length);
  }
  return {
    name: records.get('path') || null,
    linkName: records.get('linkpath') || null,
    size: sizeOf(records.get('size') || null),
  };
}

function firstRecord(rest: Buffer): { keyword: string; value: string; length: number } {
  const broken = () => new TarError('an extended header has a broken record');
  const space = rest.indexOf(' ');
  const digits = rest.toString('latin1', 0, Math.max(space, 0));
  if (!/^[1-9]\d{0,8}$/.test(digits)) throw broken();
  const length = Number(digits);
  if (length > rest.length || length <= space + 1 || rest[length - 1] !== 0x0a) throw broken();
  const record = rest.subarray(space + 1, length - 1);
  const equals = record.indexOf('=');
  if (equals < 1) throw broken();
  const keyword = record.toString('utf8', 0, equals);
  const value = record.toString('utf8', equals + 1);
  // The values of extended attributes are binary.
  if (!keyword.startsWith('SCHILY.xattr.') && value.includes('\0')) throw broken();
  return { keyword, value, length };
}

function sizeOf(value: string | null): number | null {
  if (value === null) return null;
  const size = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(size)) throw new TarError('an entry has an impossible size');
  return size;
}
