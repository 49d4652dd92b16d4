import { encodeCursor, type LogCursor, parseSince } from './cursor.ts';
import { type LogFile, openLog } from './files.ts';
import { type LogEntry, RecordJoiner } from './joining.ts';
import { linesOf } from './lines.ts';
import { parseRecord } from './records.ts';

export interface LogRequest {
  readonly directory: string;
  /** `next` of the answer before, a UTC time, or null: from the oldest. */
  readonly since: string | null;
  /** Entries after which the page ends; one record, or the end, may complete an entry of each stream: one or two more. */
  readonly limit: number;
  /** The process has exited: what it said last without a newline is told, too. */
  readonly ended?: boolean;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  readonly next: string;
  /** Lines between the cursor and the first entry are gone. */
  readonly gap: boolean;
}

/** Bytes of the log that one call reads. A page may be empty and yet not the last: `next` has moved on. */
const LONGEST_READ = 1024 * 1024;

/** Reads what follows `since`. Throws LogError `invalid`. */
export async function readLog(request: LogRequest): Promise<LogPage> {
  const cursor = parseSince(request.since);
  const files = await openLog(request.directory);
  try {
    return await readPage(files, cursor, request);
  } finally {
    for (const { handle } of files) await handle.close();
  }
}

async function readPage(files: readonly LogFile[], cursor: LogCursor, request: LogRequest): Promise<LogPage> {
  const found = files.findIndex(({ identity }) => identity === cursor.file);
  const gap = cursor.file !== null && found < 0;
  const from = found < 0 ? { ...cursor, file: null, offset: 0, told: 0 } : cursor;
  const joiner = new RecordJoiner();
  const entries: LogEntry[] = [];
  const passed: { file: string; start: number; offset: number }[] = [];
  const keep = (told: readonly LogEntry[]) => entries.push(...told.filter(({ time }) => time >= cursor.after));
  // Positions count from the cursor on, through both files.
  let position = 0;
  let full = false;
  for (const [index, file] of files.slice(Math.max(found, 0)).entries()) {
    const offset = index === 0 ? from.offset : 0;
    const base = position;
    passed.push({ file: file.identity, start: base, offset });
    for await (const { bytes, end } of linesOf(file.handle, offset)) {
      const start = position;
      position = base + end - offset;
      const record = parseRecord(bytes);
      const told = record === null ? [] : joiner.add(record, start, position);
      if (position > from.told) keep(told);
      full = entries.length >= request.limit || position >= LONGEST_READ;
      if (full) break;
    }
    if (full) break;
  }
  if (request.ended === true && !full) keep(joiner.finish());
  const start = joiner.start(position);
  const at = passed.findLast((each) => each.start <= start);
  const next =
    at === undefined
      ? from
      : {
          file: at.file,
          offset: at.offset + start - at.start,
          told: Math.max(position, from.told) - start,
          after: cursor.after,
        };
  return { entries, next: encodeCursor(next), gap };
}
