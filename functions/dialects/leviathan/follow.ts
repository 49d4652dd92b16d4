import type { LogPage } from '../../../schema/api/leviathan-calls.ts';
import { asProblem } from '../../http/problem.ts';

/** A page without lines is told of so often, so that proxies do not take the connection for dead. */
const HEARTBEAT_MS = 30_000;

export interface Following {
  /** Reads what follows a cursor; waits for it for some seconds. Null: the stream ends here, with its cursor. */
  readonly read: (since: string) => Promise<LogPage | null>;
  readonly first: LogPage;
  /** Called once, when the stream has ended, for whatever reason. */
  readonly ended: () => void;
}

/**
 * A log as JSON lines. It reads on only when its client has taken what was written before, so a slow client costs no memory.
 * The lines of a page are followed by its cursor; an error is the last line.
 */
export function followLog({ read, first, ended }: Following): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let page = first;
  let cancelled = false;
  let toldAt = performance.now();
  return new ReadableStream({
    async pull(controller) {
      try {
        while (!cancelled) {
          const { lines, gap, next } = page;
          const isDue = lines.length > 0 || gap || performance.now() - toldAt > HEARTBEAT_MS;
          if (isDue) {
            toldAt = performance.now();
            controller.enqueue(encoder.encode(recordsOf(page)));
            page = { lines: [], gap: false, next };
            return;
          }
          const more = await read(next);
          if (more === null) {
            controller.enqueue(encoder.encode(recordsOf({ lines, gap, next })));
            break;
          }
          page = more;
        }
      } catch (error) {
        if (!cancelled) controller.enqueue(encoder.encode(`${JSON.stringify({ error: asProblem(error) })}\n`));
      }
      ended();
      if (!cancelled) controller.close();
    },
    cancel() {
      cancelled = true;
      ended();
    },
  });
}

function recordsOf({ lines, gap, next }: LogPage): string {
  const records = [...(gap ? [{ gap }] : []), ...lines, { next }];
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
