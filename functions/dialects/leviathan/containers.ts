import { cenIdSchema, containerIdSchema, containerPutSchema, hostIdSchema } from '../../../schema/api/leviathan.ts';
import { Problem } from '../../../schema/problem.ts';
import { deleteContainer, putContainer } from '../../commands/networks/change-container.ts';
import { joinCen, leaveCen } from '../../commands/networks/change-membership.ts';
import type { OnHost } from '../../commands/networks/host.ts';
import { readCen, readContainer } from '../../commands/networks/read.ts';
import type { AppContext } from '../../context.ts';
import { findHypervisor } from '../../intent/find-hypervisor.ts';
import { submit, submitRemoval } from '../../intent/submit.ts';
import { asked } from '../../middleware/asked.ts';
import { readOptionalBody } from '../../middleware/body.ts';
import { answerJson } from '../../middleware/json.ts';
import { pathParameter } from '../../middleware/parameters.ts';

/** PUT /host/{h}/{c} */
export async function put(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const host = await hostOf(c);
  const body = await readOptionalBody(c, containerPutSchema);
  return submit(
    c,
    () => putContainer(host, container, body),
    async () => answerJson(c, await readContainer(host, container)),
  );
}

/** GET /host/{h}/{c} */
export async function get(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return answerJson(c, await readContainer(await hostOf(c), container));
}

/** DELETE /host/{h}/{c}: answers the container as it was. */
export async function remove(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const host = await hostOf(c);
  return submitRemoval(c, async () => deleteContainer(host, await readContainer(host, container)));
}

/** PUT /host/{h}/{c}/{cen}: answers the CEN. */
export async function join(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  const host = await hostOf(c);
  return submit(
    c,
    () => joinCen(host, container, cen),
    async () => answerJson(c, await readCen(host, cen)),
  );
}

/** DELETE /host/{h}/{c}/{cen}: answers the CEN that is left. */
export async function leave(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  const host = await hostOf(c);
  return submit(
    c,
    () => leaveCen(host, container, cen),
    async () => answerJson(c, await readCen(host, cen)),
  );
}

function containerOf(c: AppContext): string {
  return pathParameter(c, 'ContainerId', containerIdSchema);
}

/** The HostId of the path; a hypervisor in front of it must be the same one. */
async function hostOf(c: AppContext): Promise<OnHost> {
  const host = pathParameter(c, 'HostId', hostIdSchema);
  const { host: prefix, ...rest } = asked(c);
  if (prefix === null) return { ...rest, host, scoped: false };
  const { id, name } = await findHypervisor(rest.database, prefix);
  if (host !== name && host.toLowerCase() !== id) {
    throw new Problem('not_found', `There is no host ${host} on hypervisor ${prefix}`, {
      errors: [{ parameter: 'HostId', detail: `is not ${name}, which the path begins with` }],
    });
  }
  return { ...rest, host: id, scoped: true };
}
