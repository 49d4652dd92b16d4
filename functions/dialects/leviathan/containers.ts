import { cenIdSchema, containerIdSchema, containerPutSchema, hostIdSchema } from '../../../schema/api/leviathan.ts';
import { Problem } from '../../../schema/problem.ts';
import { joinCen } from '../../commands/cens/join.ts';
import { leaveCen } from '../../commands/cens/leave.ts';
import { deleteContainer } from '../../commands/containers/delete.ts';
import type { OnHost } from '../../commands/containers/host.ts';
import { putContainer } from '../../commands/containers/put.ts';
import { readContainer } from '../../commands/containers/read.ts';
import { readOptionalBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { submit, submitRemoval } from '../../operations/submit.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { answerCen, answerContainer } from './answer.ts';

/** PUT /host/{h}/{c} */
export function put(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return submit(
    c,
    async () => {
      const host = await hostOf(c);
      return putContainer(host, container, await readOptionalBody(c, containerPutSchema));
    },
    answerContainer(c, container),
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

/** DELETE /host/{h}/{c}/{cen}: answers the CEN without the container. */
export function leave(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submit(c, async () => leaveCen(await hostOf(c), container, cen), answerCen(c, cen, []));
}

function containerOf(c: AppContext): string {
  return pathParameter(c, 'ContainerId', containerIdSchema);
}

/** The HostId of the path; a hypervisor prefix must name the same one. */
async function hostOf(c: AppContext): Promise<OnHost> {
  const host = pathParameter(c, 'HostId', hostIdSchema);
  const { host: prefix, ...rest } = commandContext(c);
  if (prefix === null) return { ...rest, host, scoped: false };
  const { id, name } = await findHypervisor(rest.database, prefix);
  if (host !== name && host.toLowerCase() !== id) {
    throw new Problem('not_found', `Host ${host} not found on hypervisor ${prefix}`, {
      errors: [{ parameter: 'HostId', detail: `is not ${name}, which the path begins with` }],
    });
  }
  return { ...rest, host: id, scoped: true };
}
