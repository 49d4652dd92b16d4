import type { FileHandle } from 'node:fs/promises';

const PIECE_BYTES = 64 * 1024;
/** A record of conmon is far shorter; what is longer is not from it and is passed over. */
const LONGEST_LINE = 1024 * 1024;
const NEWLINE = 10;

export interface Line {
  readonly bytes: Buffer;
  /** Where it ends in the file, its newline included. */
  readonly end: number;
}

/** Complete lines of a file from an offset on. What conmon has not written to its end is not a line yet. */
export async function* linesOf(handle: FileHandle, offset: number): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0);
  for (let position = offset; ; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, position);
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const base = position - rest.length;
    position += bytesRead;
    let start = 0;
    for (let stop = bytes.indexOf(NEWLINE); stop >= 0; stop = bytes.indexOf(NEWLINE, start)) {
      yield { bytes: bytes.subarray(start, stop), end: base + stop + 1 };
      start = stop + 1;
    }
    rest = bytes.length - start > LONGEST_LINE ? Buffer.alloc(0) : bytes.subarray(start);
  }
}
