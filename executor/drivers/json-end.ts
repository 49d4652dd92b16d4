const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Finds the end of a JSON object or array, over any number of pieces, reading each byte once. It counts brackets and
 * skips strings; whether the text is valid is left to `JSON.parse`.
 */
export class JsonEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;

  static startsWith(byte: number | undefined): boolean {
    return byte === OPEN_BRACE || byte === OPEN_BRACKET;
  }

  reset(): void {
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
  }

  /**
   * Continues from `start`.
   *
   * @returns the index after the last byte of the text; the index of a NUL, which JSON cannot contain, as `{ nul }`; or
   * null if the text continues in the next piece
   */
  scan(piece: Uint8Array, start: number): number | { nul: number } | null {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (let at = start; at < piece.length; at += 1) {
      const byte = piece[at];
      if (byte === 0) return { nul: at };
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return null;
  }
}
