import { JsonEnd } from './json-end.ts';

/**
 * What a piece of input came to. `more`: the answer goes on. `quiet`: it may be whole, and is if nothing follows for a
 * while (see `settle`). `reply`: it is whole. `unasked`: bytes that answer nothing. `overflow`: it is over the limit.
 */
export type Reading = { kind: 'more' | 'quiet' | 'unasked' | 'overflow' } | { kind: 'reply'; text: string };

const MORE: Reading = { kind: 'more' };
const QUIET: Reading = { kind: 'quiet' };
const UNASKED: Reading = { kind: 'unasked' };
const OVERFLOW: Reading = { kind: 'overflow' };

const ZEROS = Buffer.alloc(65_536);
const FIRST_BYTES = 4_096;
const BLOCK_BYTES = 2_048;

/**
 * Cuts what one process sends into its answers. An answer is either bare JSON, which ends where its brackets close, or
 * a text padded with NULs to the process' MSG_SIZE. Nobody tells that size: it is known for certain when the next
 * answer begins, because all that lies between two beginnings is one frame. Until then a frame ends with a NUL after
 * which nothing comes for a while.
 */
export class FrameReader {
  readonly #json = new JsonEnd();
  #limit: number;
  #phase: 'between' | 'json' | 'padded' = 'between';
  #asked = false;
  /** Bytes since the last answer began, its padding included. */
  #frameBytes = 0;
  /** Whether the last answer has been followed by NULs, and by nothing but NULs. */
  #padding = false;
  #answers = 0;
  #nulSeen = false;
  #frameSize: number | null = null;
  /** What has come of the present answer; empty if all of it is in the present piece. */
  #kept: Buffer = Buffer.alloc(0);
  #keptBytes = 0;

  /** @param limit the most bytes that an answer may have, padding included */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** MSG_SIZE as learned from the frames so far; null for a process that has not padded anything. */
  get frameSize(): number | null {
    if (this.#frameSize !== null) return this.#frameSize;
    return this.#padding && this.#answers > 0 && this.#phase === 'between' ? this.#frameBytes : null;
  }

  set limit(bytes: number) {
    this.#limit = bytes;
  }

  /** To be called with each command that is sent: one answer may come now. */
  expect(): void {
    this.#asked = true;
  }

  push(piece: Buffer): Reading {
    if (this.#phase === 'between') return this.#readBetween(piece, 0);
    if (this.#phase === 'json') return this.#readJson(piece, 0);
    return this.#readPadded(piece, 0);
  }

  /** The answer, when nothing has come for a while after `quiet`. */
  settle(): string | null {
    if (this.#phase !== 'padded' || !this.#nulSeen) return null;
    const text = withoutPadding(this.#kept, 0, this.#keptBytes);
    this.#finish(true);
    return text;
  }

  #readBetween(piece: Buffer, start: number): Reading {
    let first = skipNuls(piece, start);
    if (first > start) this.#padding = true;
    while (isBlank(piece[first])) first = skipNuls(piece, first + 1);
    this.#frameBytes += first - start;
    if (first === piece.length) return this.#frameBytes > this.#limit ? OVERFLOW : MORE;
    if (!this.#asked) return UNASKED;
    if (this.#padding && this.#answers > 0) this.#frameSize = this.#frameBytes;
    this.#frameBytes = 0;
    this.#nulSeen = false;
    if (!JsonEnd.startsWith(piece[first])) return this.#readPadded(piece, first);
    this.#json.reset();
    return this.#readJson(piece, first);
  }

  #readJson(piece: Buffer, start: number): Reading {
    this.#phase = 'json';
    const end = this.#json.scan(piece, start);
    // A NUL within JSON: the text was cut off at the end of the process' buffer, and this is its padding.
    if (end !== null && typeof end !== 'number') return this.#readPadded(piece, start);
    if (end === null) {
      this.#frameBytes += piece.length - start;
      return this.#keep(piece, start, piece.length) ? MORE : OVERFLOW;
    }
    this.#frameBytes += end - start;
    if (this.#keptBytes > 0 && !this.#keep(piece, start, end)) return OVERFLOW;
    const whole = this.#keptBytes > 0;
    const text = whole ? this.#kept.toString('utf8', 0, this.#keptBytes) : piece.toString('utf8', start, end);
    return this.#reply(text, false, piece, end);
  }

  #readPadded(piece: Buffer, start: number): Reading {
    this.#phase = 'padded';
    const size = this.#frameSize;
    const end = size === null ? piece.length : start + size - this.#frameBytes;
    // A size that does not end a frame with a NUL has been misunderstood: wait for quiet instead.
    if (size !== null && end > start && end <= piece.length && piece[end - 1] === 0) {
      if (this.#keptBytes > 0 && !this.#keep(piece, start, end)) return OVERFLOW;
      const whole = this.#keptBytes > 0;
      const text = whole ? withoutPadding(this.#kept, 0, this.#keptBytes) : withoutPadding(piece, start, end);
      this.#frameBytes = size;
      return this.#reply(text, true, piece, end);
    }
    this.#frameBytes += piece.length - start;
    if (!this.#keep(piece, start, piece.length)) return OVERFLOW;
    if (!this.#nulSeen) this.#nulSeen = piece.indexOf(0, start) !== -1;
    return this.#nulSeen && (size === null || this.#frameBytes >= size) ? QUIET : MORE;
  }

  #reply(text: string, padded: boolean, piece: Buffer, end: number): Reading {
    this.#finish(padded);
    const rest = end === piece.length ? MORE : this.#readBetween(piece, end);
    return rest === MORE ? { kind: 'reply', text } : rest;
  }

  #finish(padded: boolean): void {
    this.#phase = 'between';
    this.#asked = false;
    this.#answers += 1;
    this.#padding = padded;
    this.#keptBytes = 0;
    if (this.#kept.length > FIRST_BYTES) this.#kept = Buffer.alloc(0);
  }

  /** Copies, because a piece of one byte would hold on to far more. False if that is over the limit. */
  #keep(piece: Buffer, start: number, end: number): boolean {
    const bytes = this.#keptBytes + end - start;
    if (bytes > this.#limit) return false;
    if (bytes > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, bytes, Math.min(2 * this.#kept.length, this.#limit)));
      this.#kept.copy(larger, 0, 0, this.#keptBytes);
      this.#kept = larger;
    }
    piece.copy(this.#kept, this.#keptBytes, start, end);
    this.#keptBytes = bytes;
    return true;
  }
}

/** The index of the first byte from `start` that is no NUL; the length of the piece if there is none. */
function skipNuls(piece: Buffer, start: number): number {
  if (isZero(piece, start, piece.length)) return piece.length;
  let at = start;
  while (at < piece.length && piece[at] === 0) at += 1;
  return at;
}

function withoutPadding(bytes: Buffer, start: number, end: number): string {
  let last = end;
  while (last - start > BLOCK_BYTES && isZero(bytes, last - BLOCK_BYTES, last)) last -= BLOCK_BYTES;
  while (last > start && bytes[last - 1] === 0) last -= 1;
  return bytes.toString('utf8', start, last);
}

/** A line break after an answer is not the beginning of the next. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** A comparison of memory: a byte at a time, the padding would cost more than all the rest. */
function isZero(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  return length <= ZEROS.length && bytes.compare(ZEROS, 0, length, start, end) === 0;
}
