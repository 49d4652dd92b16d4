import type { DatabaseError } from '../../../schema/database/database.ts';
import type { Fault } from './faults.ts';

/** A failure of a libSQL server, and the expected outcome of a write. */
export interface Failure {
  readonly name: string;
  readonly fault: Fault;
  readonly code: DatabaseError['code'];
  readonly committed: DatabaseError['committed'];
  readonly message: string;
}

const page = '<!DOCTYPE html>\n<html><body><h1>Bad gateway</h1></body></html>';
const expired = { message: 'The stream has expired due to inactivity', code: 'STREAM_EXPIRED' };
const lost = 'the connection to the database was lost';
const late = 'the database did not answer within';
const strange = 'the answer is not from a libSQL server';
const refused = 'the database refused the token';

/** The deadline of a call with this failure, in milliseconds: short if the test waits for it, else irrelevant. */
export function deadlineOf({ message }: Failure): number {
  return message === late ? 500 : 10_000;
}

function failure(
  name: string,
  fault: Fault,
  committed: Failure['committed'],
  message: string,
  code: Failure['code'] = 'unavailable',
): Failure {
  return { name, fault, code, committed, message };
}

export const failures: readonly Failure[] = [
  failure('resets the connection', 'refuse', 'unknown', lost),
  failure('cuts the connection before it executes', 'cutBefore', 'unknown', lost),
  failure('executes and cuts the connection', 'cutAfter', 'unknown', lost),
  failure('cuts the connection in the middle of its answer', 'truncate', 'unknown', lost),
  failure('accepts and never answers', 'hangBefore', 'unknown', late),
  failure('executes and never answers', 'hangAfter', 'unknown', late),
  failure('answers headers and no body', 'hangBody', 'unknown', late),
  failure('answers a byte at a time', 'trickle', 'unknown', late),

  failure('says 500 in text', { status: 500, body: 'it broke' }, 'unknown', 'HTTP 500: it broke'),
  failure('says 500 after it executed', { status: 500, body: 'x', executed: true }, 'unknown', 'HTTP 500'),
  failure('says 500 as sqld', { status: 500, body: { message: 'it broke' } }, 'unknown', 'HTTP 500: it broke'),
  failure('says 500 as Turso', { status: 500, body: { error: 'it broke' } }, 'unknown', 'HTTP 500: it broke'),
  failure('says 500 as an array', { status: 500, body: [1] }, 'unknown', 'HTTP 500'),
  failure(
    'says 500 in broken JSON',
    { status: 500, body: '{"mess', contentType: 'application/json' },
    'unknown',
    'HTTP 500: {"mess',
  ),
  failure('is behind a proxy without it', { status: 502, body: page, contentType: 'text/html' }, 'unknown', 'HTTP 502'),
  failure('is overloaded', { status: 503 }, 'unknown', 'the database answered HTTP 503'),
  failure('limits its callers', { status: 429, body: 'slow down' }, 'no', 'HTTP 429: slow down'),
  failure(
    'finds the token expired',
    { status: 401, body: { error: 'The JWT has expired' } },
    'no',
    `${refused} (HTTP 401: The JWT has expired)`,
  ),
  failure('does not let the token in', { status: 403, body: page, contentType: 'text/html' }, 'no', refused),
  failure(
    'is not at this address',
    { status: 404, body: page, contentType: 'text/html' },
    'no',
    'no libSQL database at this address',
  ),
  failure('lost the stream', { status: 400, body: expired }, 'no', `HTTP 400: ${expired.message}`),

  failure('is another one, with pages', { status: 200, body: page, contentType: 'text/html' }, 'unknown', strange),
  failure('answers nothing at all', { status: 200, body: '' }, 'unknown', strange),
  failure('answers null', { status: 200, body: 'null', contentType: 'application/json' }, 'unknown', strange),
  failure('answers other JSON', { status: 200, body: { results: 'none' } }, 'unknown', strange),
  failure('answers too few results', { status: 200, body: { results: [] } }, 'unknown', strange),

  failure('is locked', 'busy', 'no', 'the database is busy', 'busy'),
  failure('has a full disk', 'full', 'no', 'the disk of the database is full'),
  failure(
    'has a full disk when it commits',
    { sqlite: 'SQLITE_FULL', at: 'commit' },
    'no',
    'the disk of the database is full',
  ),
  failure('is read-only', 'readonly', 'no', 'the database is read-only'),
  failure('is damaged', 'corrupt', 'no', 'the file of the database is damaged'),
  failure('fails to read its disk', 'ioerr', 'no', 'the database cannot read or write its disk'),
  failure(
    'fails to write its disk when it commits',
    { sqlite: 'SQLITE_IOERR_FSYNC', at: 'commit' },
    'unknown',
    'the database cannot read or write its disk',
  ),
];
