export type LogStream = 'stdout' | 'stderr';

/** One line of conmon's `k8s-file` format: `2026-11-28T12:00:00.123456789+00:00 stdout F text`. */
export interface LogRecord {
  /** UTC, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly stream: LogStream;
  /** The text goes on in the next record of the stream. */
  readonly partial: boolean;
  /** Not decoded: a character may be split over two partial records. */
  readonly bytes: Buffer;
}

const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d:\d\d|Z) (stdout|stderr) ([FP]) /;
const LONGEST_HEAD = 64;

/** A line without its newline; null if it is not a record. */
export function parseRecord(line: Buffer): LogRecord | null {
  const match = HEAD.exec(line.toString('latin1', 0, LONGEST_HEAD));
  if (match === null) return null;
  const [head, seconds, fraction = '', zone, stream, tag] = match;
  const time = new Date(`${seconds}${fraction.slice(0, 4)}${zone}`);
  if (Number.isNaN(time.getTime())) return null;
  return {
    time: time.toISOString(),
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    partial: tag === 'P',
    bytes: line.subarray(head.length),
  };
}
