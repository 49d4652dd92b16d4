export interface Output {
  readonly text: string;
  /** There was more than the limit. */
  readonly truncated: boolean;
}

const NEWLINE = 10;
const SPACE = 32;
const LETTER_E = 'e'.charCodeAt(0);
const LETTER_F = 'F'.charCodeAt(0);
/** From the space before the stream: ` stderr F text`. */
const LETTER_OF_STREAM = 4;
const TAG = 8;
const TEXT = 10;

/** The first bytes of a stream. */
class Head {
  readonly #most: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #truncated = false;

  constructor(most: number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.#truncated;
  }

  add(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#most - this.#length);
    this.#truncated ||= kept.length < bytes.length;
    this.#length += kept.length;
    // A copy: the piece would keep all of what was read with it.
    if (kept.length > 0) this.#pieces.push(Buffer.from(kept));
  }

  /** A character that the limit has split is left out. */
  take(): Output {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const text = decoder.decode(Buffer.concat(this.#pieces), { stream: this.#truncated });
    return { text, truncated: this.#truncated };
  }
}

/**
 * Both streams of a command as it wrote them, from conmon's `k8s-file` format: `TIME stdout F text`, where P instead of F means
 * that no newline follows. What exceeds the limit is passed over without being decoded: a command may write until its timeout.
 */
export class OutputReader {
  readonly #stdout: Head;
  readonly #stderr: Head;
  #rest: Buffer = Buffer.alloc(0);

  /** `mostBytes`: of each stream. */
  constructor(mostBytes: number) {
    this.#stdout = new Head(mostBytes);
    this.#stderr = new Head(mostBytes);
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#record(bytes, start, end);
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
  }

  get stdout(): Output {
    return this.#stdout.take();
  }

  get stderr(): Output {
    return this.#stderr.take();
  }

  #record(bytes: Buffer, start: number, end: number): void {
    const space = bytes.indexOf(SPACE, start);
    if (space < 0 || space + TEXT > end) return;
    const head = bytes[space + LETTER_OF_STREAM] === LETTER_E ? this.#stderr : this.#stdout;
    if (head.full) return;
    const newline = bytes[space + TAG] === LETTER_F ? 1 : 0;
    head.add(bytes.subarray(space + TEXT, end + newline));
  }
}
