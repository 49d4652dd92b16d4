import { JsonEnd } from '../json-end.ts';

/**
 * The result of one piece of input. `more`: the answer continues. `quiet`: it may be complete, and is if nothing
 * follows for a while (see `settle`). `reply`: it is complete. `unasked`: bytes without a request. `overflow`: it
 * exceeds the limit.
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
 * Splits the input from one process into its answers. An answer is either bare JSON, which ends where its brackets
 * close, or a text padded with NULs to the process' MSG_SIZE. That size is not announced: it is known for certain when
 * the next answer begins, because everything between two beginnings is one frame. Until then a frame ends with a NUL
 * after which nothing arrives for a while.
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
  /** The received part of the present answer; empty if all of it is in the present piece. */
  #kept: Buffer = Buffer.alloc(0);
  #keptBytes = 0;

  /** @param limit the maximum size of an answer in bytes, padding included */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** MSG_SIZE as inferred from the frames so far; null for a process that has not padded anything. */
  get frameSize(): number | null {
    if (this.#frameSize !== null) return this.#frameSize;
    return this.#padding && this.#answers > 0 && this.#phase === 'between' ? this.#frameBytes : null;
  }

  set limit(bytes: number) {
    this.#limit = bytes;
  }

  /** To be called for each command that is sent: one answer may arrive now. */
  expect(): void {
    this.#asked = true;
  }

  push(piece: Buffer): Reading {
    if (this.#phase === 'between') return this.#readBetween(piece, 0);
    if (this.#phase === 'json') return this.#readJson(piece, 0);
    return this.#readPadded(piece, 0);
  }

  /** The answer, if nothing has arrived for a while after `quiet`. */
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
    // A NUL within JSON: the text was truncated at the end of the process' buffer, and this is its padding.
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
    // A size at which a frame does not end with a NUL was inferred wrongly: wait for quiet instead.
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

  /** Copies, because a piece of one byte would keep a far larger buffer alive. False if that exceeds the limit. */
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

/** The index of the first byte from `start` that is not NUL; the length of the piece if there is none. */
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

/** A line break after an answer does not begin the next one. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** A comparison of memory: checking the padding byte by byte would cost more than everything else. */
function isZero(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  return length <= ZEROS.length && bytes.compare(ZEROS, 0, length, start, end) === 0;
}
