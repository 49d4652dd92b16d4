const FIRST_SIZE = 256;
const UNIT = 4;

/** Writes XDR (RFC 4506): big-endian units of four bytes. */
export class XdrWriter {
  #buffer = Buffer.alloc(FIRST_SIZE);
  #length = 0;

  /** What was written so far, without a copy. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  int32(value: number): void {
    this.#length = this.#room(UNIT).writeInt32BE(value, this.#length);
  }

  uint32(value: number): void {
    this.#length = this.#room(UNIT).writeUInt32BE(value, this.#length);
  }

  int64(value: bigint): void {
    this.#length = this.#room(2 * UNIT).writeBigInt64BE(value, this.#length);
  }

  uint64(value: bigint): void {
    this.#length = this.#room(2 * UNIT).writeBigUInt64BE(value, this.#length);
  }

  float64(value: number): void {
    this.#length = this.#room(2 * UNIT).writeDoubleBE(value, this.#length);
  }

  /** Bytes, followed by zeros up to the next unit. */
  padded(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    const padding = paddingOf(bytes.length);
    this.#room(bytes.length + padding)
      .fill(0, end, end + padding)
      .set(bytes, this.#length);
    this.#length = end + padding;
  }

  /** The buffer, with at least `size` free bytes. */
  #room(size: number): Buffer {
    const needed = this.#length + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/** The number of zeros that follow this number of bytes (RFC 4506, section 3). */
export function paddingOf(length: number): number {
  return (UNIT - (length % UNIT)) % UNIT;
}
