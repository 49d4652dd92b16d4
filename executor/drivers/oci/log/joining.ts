import type { LogRecord, LogStream } from './records.ts';

export interface LogEntry {
  readonly time: string;
  readonly stream: LogStream;
  readonly text: string;
}

interface Pending {
  readonly time: string;
  readonly stream: LogStream;
  readonly start: number;
  readonly pieces: Buffer[];
}

/**
 * A partial record that is not completed within so many bytes of the log is told as it is: else a prompt on one stream would
 * make each call read again all that the other stream has said since.
 */
const LONGEST_PENDING = 256 * 1024;

/** Joins partial records of each stream. What it tells depends on the records and their positions only. */
export class RecordJoiner {
  readonly #pending = new Map<LogStream, Pending>();

  /** Entries that are complete with the record at the bytes from `start` to `end`. */
  add(record: LogRecord, start: number, end: number): readonly LogEntry[] {
    const pending = this.#pending.get(record.stream) ?? { ...record, start, pieces: [] };
    pending.pieces.push(record.bytes);
    this.#pending.set(record.stream, pending);
    return this.#take((each) => (each === pending && !record.partial) || end - each.start > LONGEST_PENDING);
  }

  /** What the process said last without a newline. */
  finish(): readonly LogEntry[] {
    return this.#take(() => true);
  }

  /** Where the oldest incomplete entry starts; `end` if there is none. */
  start(end: number): number {
    return Math.min(end, ...[...this.#pending.values()].map((each) => each.start));
  }

  #take(complete: (pending: Pending) => boolean): readonly LogEntry[] {
    const taken = [...this.#pending.values()].filter(complete);
    for (const { stream } of taken) this.#pending.delete(stream);
    return taken.map(({ time, stream, pieces }) => ({ time, stream, text: Buffer.concat(pieces).toString() }));
  }
}
