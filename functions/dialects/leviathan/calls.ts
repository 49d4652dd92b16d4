import { executeBodySchema, type LogPage, logQuerySchema } from '../../../schema/api/leviathan-calls.ts';
import { executeCommand, forgetOutput } from '../../commands/containers/exec.ts';
import { readContainerLog } from '../../commands/containers/log.ts';
import { readStrictBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { queryParameters } from '../../http/parameters.ts';
import { pause } from '../../operations/pause.ts';
import { submit } from '../../operations/submit.ts';
import { containerOf, onHost } from './containers.ts';
import { followLog } from './follow.ts';

/** POST /host/{h}/{c}/exec: answers when the command itself has ended. */
export function execute(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  return submit(
    c,
    async () => executeCommand.prepare(await onHost(c), { ...(await readStrictBody(c, executeBodySchema)), contID }),
    async ({ id, result }) => {
      const answer = answerJson(c, JSON.parse(result ?? 'null'));
      await forgetOutput(c.get('settings').database, id);
      return answer;
    },
  );
}

/** How long the host waits for a line of a log that is followed, in milliseconds. */
const WAIT_MS = 3_000;
/** If the host does not wait, because too many ask it to, it is asked that often. */
const PAUSE_MS = 1_000;
/** Reads of the database for one of these waits where reads are limited, and as many other calls at most. */
const READS = 6;

/** GET /host/{h}/{c}/log: a page, or with `follow` all that follows, as JSON lines. */
export async function log(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  const { since, limit, follow } = queryParameters(c, logQuerySchema);
  const context = await onHost(c);
  const { readBudget, stopping } = c.get('settings');
  const read = (from: string | null, wait: number, budget: number): Promise<LogPage> =>
    readContainerLog(context, { contID, since: from, limit, wait }, { readBudget: budget, stopping });
  if (!follow || c.req.method === 'HEAD') return answerJson(c, await read(since, 0, readBudget));

  const isLimited = readBudget !== Number.POSITIVE_INFINITY;
  const budget = isLimited ? READS : readBudget;
  let reads = isLimited ? Math.floor(readBudget / READS) : readBudget;
  async function goOn(from: string): Promise<LogPage | null> {
    reads -= 1;
    if (reads <= 0 || stopping?.aborted === true) return null;
    const asked = performance.now();
    const page = await read(from, WAIT_MS, budget).catch((error: unknown) => {
      // The server is shutting down, and no longer waits for the host.
      if (stopping?.aborted === true) return null;
      throw error;
    });
    if (page === null) return null;
    if (page.lines.length === 0) await pause(Math.max(0, PAUSE_MS - (performance.now() - asked)));
    return page;
  }

  const first = await read(since, 0, budget);
  const { promise, resolve } = Promise.withResolvers<void>();
  c.set('streaming', promise);
  const body = followLog({ first, ended: resolve, read: goOn });
  return c.body(body, 200, { 'content-type': 'application/x-ndjson' });
}
