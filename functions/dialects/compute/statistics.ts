import { statisticsQuerySchema } from '../../../schema/api/compute/statistics.ts';
import { readHostSeries, readHostStatistics } from '../../commands/domains/statistics.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { queryParameters } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';

/** GET /hosts/{hostname}/stats: the last reading, or with `since` a list of all that follow it, in pages. */
export async function get(c: AppContext): Promise<Response> {
  const { since, limit } = queryParameters(c, statisticsQuerySchema);
  const context = commandContext(c);
  const name = c.req.param('hostname') ?? '';
  if (since === null) return answerJson(c, await readHostStatistics(context, name));
  const { readings, more } = await readHostSeries(context, name, { since, limit });
  if (more) linkSince(c, readings.at(-1)?.at ?? '');
  return answerJson(c, readings);
}

/** The next page as a `Link` header (RFC 8288), as lists of this dialect have it: it begins after a reading. */
function linkSince(c: AppContext, at: string): void {
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set('since', at);
  c.header('link', `<${pathname}?${searchParams}>; rel="next"`);
}
