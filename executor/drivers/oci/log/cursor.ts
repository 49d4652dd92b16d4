import { LogError } from './errors.ts';

/** Where a reader goes on; the client keeps it, the server keeps nothing. */
export interface LogCursor {
  /** Identity of the file; null before there is one. */
  readonly file: string | null;
  /** Byte of that file where the oldest incomplete entry starts. */
  readonly offset: number;
  /** Entries that end within so many bytes after `offset` were told. */
  readonly told: number;
  /** Entries before this UTC time (RFC 3339 with milliseconds) are not asked for. */
  readonly after: string;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function encodeCursor(cursor: LogCursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** A cursor, a UTC time, or null: from the oldest. Throws LogError `invalid`. */
export function parseSince(since: string | null): LogCursor {
  if (since === null) return { file: null, offset: 0, told: 0, after: '' };
  if (TIME.test(since) && !Number.isNaN(Date.parse(since))) {
    return { file: null, offset: 0, told: 0, after: new Date(since).toISOString() };
  }
  const value = parseJson(Buffer.from(since, 'base64url').toString());
  if (!isCursor(value)) throw new LogError('invalid', 'read log', 'neither a cursor nor a UTC time');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isCursor(value: unknown): value is LogCursor {
  if (typeof value !== 'object' || value === null) return false;
  if (!('file' in value && 'offset' in value && 'told' in value && 'after' in value)) return false;
  const { file, offset, told, after } = value;
  return (file === null || typeof file === 'string') && isCount(offset) && isCount(told) && typeof after === 'string';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
