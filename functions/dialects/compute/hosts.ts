import {
  type HostBody,
  type HostCreate,
  type HostPost,
  hostPatchSchema,
  hostPostSchema,
} from '../../../schema/api/compute/hosts.ts';
import { hostNameSchema } from '../../../schema/api/compute/names.ts';
import { Problem } from '../../../schema/problem.ts';
import { type PowerAction, powerActions } from '../../../schema/resources/domains/power.ts';
import { actOnDomain } from '../../commands/domains/act.ts';
import { createDomain } from '../../commands/domains/create.ts';
import { deleteDomain } from '../../commands/domains/delete.ts';
import { domainList, readDomain, readDomains } from '../../commands/domains/read.ts';
import { refuseUnbuilt } from '../../commands/domains/unbuilt.ts';
import { updateDomain } from '../../commands/domains/update.ts';
import { readBody, readStrictBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { tag } from '../../http/entity-tag.ts';
import { answerJson } from '../../http/json.ts';
import { linkNext, seedPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { type Answered, isForAgent, submitChange, submitCreation, submitDeletion } from './answer.ts';

/** GET /hosts */
export async function list(c: AppContext): Promise<Response> {
  const page = seedPage(c, domainList);
  const { items, next } = await readDomains(commandContext(c), { ...page, managedOnly: isForAgent(c) });
  linkNext(c, domainList, next);
  return answerJson(c, items);
}

/** GET /hosts/{hostname} */
export async function get(c: AppContext): Promise<Response> {
  const { body, generation } = await readDomain(commandContext(c), referenceIn(c));
  tag(c, generation);
  return answerJson(c, body);
}

/** POST /hosts/{hostname}: answers the host. */
export async function create(c: AppContext): Promise<Response> {
  const name = pathParameter(c, 'hostname', hostNameSchema);
  const post = await readBody(c, hostPostSchema);
  refuseUnbuilt(post);
  const host = hostOf(name, post);
  return submitCreation(c, () => createDomain.prepare(commandContext(c), host), {
    read: reading(c, name),
    recorded: (hypervisor) => created(host, hypervisor),
  });
}

/** PATCH /hosts/{hostname}: answers the host. */
export async function update(c: AppContext): Promise<Response> {
  const name = referenceIn(c);
  const changes = await readStrictBody(c, hostPatchSchema);
  return submitChange(c, () => updateDomain.prepare(commandContext(c), { name, ...changes }), asItWas(c, name), 200);
}

/** PUT /hosts/{hostname}/{action}: answers the host. */
export function act(c: AppContext): Promise<Response> {
  const name = referenceIn(c);
  const action = actionIn(c);
  return submitChange(c, () => actOnDomain.prepare(commandContext(c), { name, action }), asItWas(c, name), 204);
}

/** DELETE /hosts/{hostname}: answers the host as it was. */
export function remove(c: AppContext): Promise<Response> {
  const name = referenceIn(c);
  return submitDeletion(c, () => deleteDomain.prepare(commandContext(c), { name }));
}

/** The name of a host that may be any in libvirt: what no host of that name has is looked at when none was found. */
function referenceIn(c: AppContext): string {
  return c.req.param('hostname') ?? '';
}

function actionIn(c: AppContext): PowerAction {
  const name = c.req.param('action') ?? '';
  const action = powerActions.find((each) => each === name);
  if (action !== undefined) return action;
  throw new Problem('not_found', `Hosts have no action ${name}`, {
    hint: `The actions are ${powerActions.join(', ')}`,
    errors: [{ parameter: 'action', detail: `must be one of ${powerActions.join(', ')}` }],
  });
}

function hostOf(name: string, post: HostPost): HostCreate {
  const { memory, vcpus = 1, disks, networks, autostart = true, start = true } = post;
  return { name, memory, vcpus, disks, networks, autostart, start };
}

/** Answers with the current state of a host. */
function reading(c: AppContext, name: string): Answered['read'] {
  return async (host) => {
    const { body, generation } = await readDomain({ database: c.get('settings').database, host }, name);
    tag(c, generation);
    return body;
  };
}

/** A host that was changed and is gone since. */
function asItWas(c: AppContext, name: string): Answered {
  return { read: reading(c, name), recorded: (_hypervisor, { result }) => JSON.parse(result ?? '{}').was };
}

/** A host that was created, and is gone since. */
function created({ disks: _, networks: __, start, ...host }: HostCreate, hypervisor: string): Omit<HostBody, 'id'> {
  return {
    ...host,
    state: start ? 'running' : 'shut off',
    disks: null,
    networks: null,
    ...{ hypervisor, managed: true, error: null },
  };
}
