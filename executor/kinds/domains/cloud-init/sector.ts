/** Of ISO 9660, in bytes. */
export const SECTOR = 2048;

/** A sector, or a part of one, written field by field at the offsets of the standard; what is not written is zero. */
export class Sector {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(length = SECTOR) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  put(offset: number, bytes: Uint8Array): this {
    this.bytes.set(bytes, offset);
    return this;
  }

  ascii(offset: number, text: string): this {
    return this.put(offset, new TextEncoder().encode(text));
  }

  /** Text with blanks after it, in ASCII or in UCS-2 with the high byte first. An odd byte at the end stays zero. */
  padded(offset: number, length: number, text: string, isUcs2: boolean): this {
    if (!isUcs2) return this.ascii(offset, text.padEnd(length));
    const characters = Math.floor(length / 2);
    const padded = text.padEnd(characters);
    for (let index = 0; index < characters; index++) this.bigEndian16(offset + index * 2, padded.charCodeAt(index));
    return this;
  }

  uint8(offset: number, value: number): this {
    this.#view.setUint8(offset, value);
    return this;
  }

  littleEndian16(offset: number, value: number): this {
    this.#view.setUint16(offset, value, true);
    return this;
  }

  bigEndian16(offset: number, value: number): this {
    this.#view.setUint16(offset, value);
    return this;
  }

  littleEndian32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  bigEndian32(offset: number, value: number): this {
    this.#view.setUint32(offset, value);
    return this;
  }

  /** Sections 7.2.3 of ECMA-119: least significant byte first, and then once more the other way round. */
  bothEndian16(offset: number, value: number): this {
    return this.littleEndian16(offset, value).bigEndian16(offset + 2, value);
  }

  /** Section 7.3.3. */
  bothEndian32(offset: number, value: number): this {
    return this.littleEndian32(offset, value).bigEndian32(offset + 4, value);
  }
}
