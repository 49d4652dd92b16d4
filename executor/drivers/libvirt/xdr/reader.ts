import { paddingOf } from './writer.ts';

/** Bytes that are not what their description says, or a value that does not fit its description. */
export class XdrError extends Error {
  override readonly name = 'XdrError';
}

const UNIT = 4;

/** Reads XDR (RFC 4506). Every method throws an XdrError when the bytes end too early. */
export class XdrReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The number of bytes that were not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(UNIT));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(UNIT));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(2 * UNIT));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(2 * UNIT));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#advance(2 * UNIT));
  }

  /** Bytes without a copy, and past the zeros that follow them. */
  padded(length: number): Buffer {
    const start = this.#advance(length + paddingOf(length));
    return this.#bytes.subarray(start, start + length);
  }

  #advance(size: number): number {
    const start = this.#offset;
    if (size > this.remaining)
      throw new XdrError(`${size} bytes expected at ${start}, and ${this.remaining} are there`);
    this.#offset = start + size;
    return start;
  }
}
