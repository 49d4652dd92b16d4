import { cenIdSchema, containerIdSchema, containerPutSchema, hostIdSchema } from '../../../schema/api/leviathan.ts';
import { stopSchema } from '../../../schema/api/leviathan-processes.ts';
import { Problem } from '../../../schema/problem.ts';
import { type ProcessAction, processActions } from '../../../schema/resources/network/process.ts';
import { cenToJoin, joinCen } from '../../commands/cens/join.ts';
import { cenToLeave, leaveCen } from '../../commands/cens/leave.ts';
import { killContainer, restartContainer, startContainer, stopContainer } from '../../commands/containers/act.ts';
import { deleteContainer } from '../../commands/containers/delete.ts';
import { putContainer } from '../../commands/containers/put.ts';
import { containerList, readContainer, readContainers } from '../../commands/containers/read.ts';
import { readOptionalBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { type CommandContext, commandContext } from '../../operations/command-context.ts';
import { submit, submitRemoval } from '../../operations/submit.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { answerCen, answerContainer } from './answer.ts';

/** PUT /host/{h}/{c} */
export function put(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  return submit(
    c,
    async () => {
      const context = await onHost(c);
      return putContainer.prepare(context, { ...(await readOptionalBody(c, containerPutSchema)), contID });
    },
    answerContainer(c, contID),
  );
}

/** GET /host/{h} */
export async function list(c: AppContext): Promise<Response> {
  const page = ownPage(c, containerList);
  const { items, next } = await readContainers(await onHost(c), page);
  return answerJson(c, { containers: items, ...nextOf(containerList, next) });
}

/** GET /host/{h}/{c} */
export async function get(c: AppContext): Promise<Response> {
  const container = containerOf(c);
  return answerJson(c, await readContainer(await onHost(c), container));
}

/** DELETE /host/{h}/{c}: answers the container as it was. */
export function remove(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  return submitRemoval(c, async () => deleteContainer.prepare(await onHost(c), { contID }));
}

const actions: Readonly<Record<ProcessAction, typeof startContainer>> = {
  start: startContainer,
  stop: stopContainer,
  restart: restartContainer,
  kill: killContainer,
};

/** POST /host/{h}/{c}/{action}: answers the container. */
export function act(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  const name = c.req.param('CenId') ?? '';
  const action = processActions.find((each) => each === name);
  if (action === undefined) {
    throw new Problem('not_found', `Containers have no action ${name}`, {
      hint: `The actions are ${processActions.join(', ')}`,
      errors: [{ parameter: 'action', detail: `must be one of ${processActions.join(', ')}` }],
    });
  }
  return submit(
    c,
    async () => actions[action].prepare(await onHost(c), { ...(await readOptionalBody(c, stopSchema)), contID }),
    answerContainer(c, contID),
  );
}

/** PUT /host/{h}/{c}/{cen}: answers the CEN. */
export function join(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  const named = membership(c, cenToJoin);
  return submit(
    c,
    async () => {
      const context = await onHost(c);
      return joinCen.prepare(context, { contID, cenID: await named.prepare(context) });
    },
    (operation) => answerCen(c, named.cen(), [contID])(operation),
  );
}

/** DELETE /host/{h}/{c}/{cen}: answers the CEN without the container. */
export function leave(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  const named = membership(c, cenToLeave);
  return submit(
    c,
    async () => {
      const context = await onHost(c);
      return leaveCen.prepare(context, { contID, cenID: await named.prepare(context) });
    },
    (operation) => answerCen(c, named.cen(), [])(operation),
  );
}

/**
 * The CEN of the path, which may also name a CIN. That is rare: the name is looked up only when the command has been
 * stopped because of it.
 */
function membership(c: AppContext, find: (context: CommandContext, name: string) => Promise<string>) {
  const name = pathParameter(c, 'CenId', cenIdSchema);
  let cen: string | undefined;
  return {
    cen: () => cen ?? name,
    async prepare(context: CommandContext): Promise<string> {
      cen = cen === undefined ? name : await find(context, name);
      return cen;
    },
  };
}

export function containerOf(c: AppContext): string {
  return pathParameter(c, 'ContainerId', containerIdSchema);
}

/** The HostId of the path; a hypervisor prefix must name the same one. */
export async function onHost(c: AppContext): Promise<CommandContext> {
  const host = pathParameter(c, 'HostId', hostIdSchema);
  const context = commandContext(c);
  const { host: prefix } = context;
  if (prefix === null) return { ...context, host };
  const { id, name } = await findHypervisor(context.database, prefix);
  if (host !== name && host.toLowerCase() !== id) {
    throw new Problem('not_found', `Host ${host} not found on hypervisor ${prefix}`, {
      errors: [{ parameter: 'HostId', detail: `is not ${name}, which the path begins with` }],
    });
  }
  return { ...context, host: id };
}
