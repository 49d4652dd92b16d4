import { JsonEnd } from '../json-end.ts';

const FIRST_BYTES = 65_536;

/**
 * Splits a stream of bytes into JSON objects that follow each other without separators, as JSON-RPC over a stream does
 * (RFC 7047, section 4).
 */
export class JsonStream {
  readonly #limit: number;
  readonly #end = new JsonEnd();
  /** The received part of a value that is not complete; empty between two values. */
  #kept: Buffer = Buffer.alloc(0);
  #keptBytes = 0;

  /** @param limit the maximum size of a value in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The values that are complete with this piece, in their order.
   *
   * @throws Error for anything that is no object or array, for one that is not valid, and for one over the limit; the
   * stream cannot be continued afterwards
   */
  *push(piece: Buffer): Generator<unknown, void> {
    let at = 0;
    while (at < piece.length) {
      if (this.#keptBytes === 0) {
        at = skipBlanks(piece, at);
        if (at === piece.length) return;
        if (!JsonEnd.startsWith(piece[at])) throw new Error(`byte ${piece[at]} begins no JSON object`);
        this.#end.reset();
      }
      const end = this.#end.scan(piece, at);
      if (end !== null && typeof end !== 'number') throw new Error('a NUL within JSON');
      const stop = end ?? piece.length;
      if (this.#keptBytes + stop - at > this.#limit) throw new Error(`a JSON value of over ${this.#limit} bytes`);
      if (end === null) {
        this.#keep(piece, at, stop);
        return;
      }
      yield JSON.parse(this.#take(piece, at, stop));
      at = stop;
    }
  }

  #take(piece: Buffer, start: number, end: number): string {
    if (this.#keptBytes === 0) return piece.toString('utf8', start, end);
    this.#keep(piece, start, end);
    const text = this.#kept.toString('utf8', 0, this.#keptBytes);
    this.#keptBytes = 0;
    if (this.#kept.length > FIRST_BYTES) this.#kept = Buffer.alloc(0);
    return text;
  }

  /** Copies into a buffer that grows by doubling: the first answer of a large database comes in hundreds of pieces. */
  #keep(piece: Buffer, start: number, end: number): void {
    const bytes = this.#keptBytes + end - start;
    if (bytes > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, bytes, 2 * this.#kept.length));
      this.#kept.copy(larger, 0, 0, this.#keptBytes);
      this.#kept = larger;
    }
    piece.copy(this.#kept, this.#keptBytes, start, end);
    this.#keptBytes = bytes;
  }
}

function skipBlanks(piece: Buffer, start: number): number {
  let at = start;
  while (at < piece.length && isBlank(piece[at])) at += 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
