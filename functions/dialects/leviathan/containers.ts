import { cenIdSchema, containerIdSchema, containerPutSchema, hostIdSchema } from '../../../schema/api/leviathan.ts';
import { deleteContainer, putContainer } from '../../commands/networks/change-container.ts';
import { joinCen, leaveCen } from '../../commands/networks/change-membership.ts';
import { readCen, readContainer } from '../../commands/networks/read.ts';
import type { AppContext } from '../../context.ts';
import { submit, submitRemoval } from '../../intent/submit.ts';
import { readOptionalBody } from '../../middleware/body.ts';
import { answerJson } from '../../middleware/json.ts';
import { pathParameter } from '../../middleware/parameters.ts';

/** PUT /host/{h}/{c} */
export async function put(c: AppContext): Promise<Response> {
  const { host, container } = place(c);
  const body = await readOptionalBody(c, containerPutSchema);
  const { database } = c.get('settings');
  return submit(
    c,
    () => putContainer(database, c.get('principal'), host, container, body),
    async () => answerJson(c, await readContainer(database, host, container)),
  );
}

/** GET /host/{h}/{c} */
export async function get(c: AppContext): Promise<Response> {
  const { host, container } = place(c);
  return answerJson(c, await readContainer(c.get('settings').database, host, container));
}

/** DELETE /host/{h}/{c}: answers the container as it was. */
export function remove(c: AppContext): Promise<Response> {
  const { host, container } = place(c);
  const { database } = c.get('settings');
  return submitRemoval(c, async () =>
    deleteContainer(database, c.get('principal'), host, await readContainer(database, host, container)),
  );
}

/** PUT /host/{h}/{c}/{cen}: answers the CEN. */
export function join(c: AppContext): Promise<Response> {
  const { host, container } = place(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  const { database } = c.get('settings');
  return submit(
    c,
    () => joinCen(database, c.get('principal'), host, container, cen),
    async () => answerJson(c, await readCen(database, cen, host)),
  );
}

/** DELETE /host/{h}/{c}/{cen}: answers the CEN that is left. */
export function leave(c: AppContext): Promise<Response> {
  const { host, container } = place(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  const { database } = c.get('settings');
  return submit(
    c,
    () => leaveCen(database, c.get('principal'), host, container, cen),
    async () => answerJson(c, await readCen(database, cen, host)),
  );
}

function place(c: AppContext): { host: string; container: string } {
  return {
    host: pathParameter(c, 'HostId', hostIdSchema),
    container: pathParameter(c, 'ContainerId', containerIdSchema),
  };
}
