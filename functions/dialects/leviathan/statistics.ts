import { readStatistics } from '../../commands/containers/statistics.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { containerOf, onHost } from './containers.ts';

/** GET /host/{h}/{c}/stats */
export async function get(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return answerJson(c, await readStatistics(await onHost(c), container));
}
