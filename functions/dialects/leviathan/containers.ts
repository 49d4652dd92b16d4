import { cenIdSchema, containerIdSchema, containerPutSchema, hostIdSchema } from '../../../schema/api/leviathan.ts';
import { Problem } from '../../../schema/problem.ts';
import { deleteContainer, putContainer } from '../../commands/networks/change-container.ts';
import { joinCen, leaveCen } from '../../commands/networks/change-membership.ts';
import type { OnHost } from '../../commands/networks/host.ts';
import { readContainer } from '../../commands/networks/read.ts';
import type { AppContext } from '../../context.ts';
import { findHypervisor } from '../../intent/find-hypervisor.ts';
import { submit, submitRemoval } from '../../intent/submit.ts';
import { asked } from '../../middleware/asked.ts';
import { readOptionalBody } from '../../middleware/body.ts';
import { answerJson } from '../../middleware/json.ts';
import { pathParameter } from '../../middleware/parameters.ts';
import { answerCen, answerContainer } from './answer.ts';

/** PUT /host/{h}/{c} */
export async function put(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const host = hostIdOf(c);
  const body = await readOptionalBody(c, containerPutSchema).catch(async (error: unknown) => {
    // That there is no such hypervisor comes before anything that is wrong with the request.
    await hostOf(c);
    throw error;
  });
  return submit(
    c,
    async () => putContainer(await hostOf(c), container, body),
    answerContainer(c, host, container, body),
  );
}

/** GET /host/{h}/{c} */
export async function get(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return answerJson(c, await readContainer(await hostOf(c), container));
}

/** DELETE /host/{h}/{c}: answers the container as it was. */
export function remove(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return submitRemoval(c, async () => {
    const host = await hostOf(c);
    return deleteContainer(host, await readContainer(host, container));
  });
}

/** PUT /host/{h}/{c}/{cen}: answers the CEN. */
export function join(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submit(c, async () => joinCen(await hostOf(c), container, cen), answerCen(c, cen, [container]));
}

/** DELETE /host/{h}/{c}/{cen}: answers the CEN that is left. */
export function leave(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submit(c, async () => leaveCen(await hostOf(c), container, cen), answerCen(c, cen, []));
}

function containerOf(c: AppContext): string {
  return pathParameter(c, 'ContainerId', containerIdSchema);
}

function hostIdOf(c: AppContext): string {
  return pathParameter(c, 'HostId', hostIdSchema);
}

/** The HostId of the path; a hypervisor in front of it must be the same one. */
async function hostOf(c: AppContext): Promise<OnHost> {
  const host = hostIdOf(c);
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
