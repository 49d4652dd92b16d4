import type * as v from 'valibot';
import {
  configPatchSchema,
  hypervisorPatchSchema,
  hypervisorPostSchema,
  refuseForeignName,
  removalQuerySchema,
  subnetIdSchema,
  subnetsPatchSchema,
} from '../../../schema/api/fleet/hypervisors.ts';
import { readHypervisorReference } from '../../../schema/api/fleet/parameters.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Asked } from '../../commands/asked.ts';
import { associate, dissociate, notAssociated } from '../../commands/hypervisors/associate.ts';
import { createHypervisor, updateConfig, updateHypervisor } from '../../commands/hypervisors/describe.ts';
import {
  type ReadHypervisor,
  readAssociation,
  readHypervisor,
  readHypervisors,
} from '../../commands/hypervisors/read.ts';
import { removeHypervisor } from '../../commands/hypervisors/remove.ts';
import type { AppContext } from '../../context.ts';
import type { Intent } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { submit, submitRemoval } from '../../intent/submit.ts';
import { asked } from '../../middleware/asked.ts';
import { readBody, readStrictBody } from '../../middleware/body.ts';
import { expectedRevision, tag } from '../../middleware/entity-tag.ts';
import { answerJson } from '../../middleware/json.ts';
import { pathParameter, queryParameters } from '../../middleware/parameters.ts';

/** GET /hypervisors */
export async function list(c: AppContext): Promise<Response> {
  return answerJson(c, await readHypervisors(c.get('settings').database));
}

/** POST /hypervisors: 201 and the hypervisor. */
export async function create(c: AppContext): Promise<Response> {
  const post = await readBody(c, hypervisorPostSchema);
  const made = post.id ?? newId();
  return submit(
    c,
    () => createHypervisor(asked(c), made, post),
    async ({ hypervisor }) => {
      const id = hypervisor ?? made;
      c.header('location', `/hypervisors/${id}`);
      return answer(c, id, ({ body }) => body, 201);
    },
  );
}

/** GET /hypervisors/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answer(c, idOf(c), ({ body }) => body);
}

/** PATCH /hypervisors/{id}: merges. */
export async function update(c: AppContext): Promise<Response> {
  const patch = await readBody(c, hypervisorPatchSchema);
  const read = await current(c);
  if (patch.id !== undefined && patch.id !== read.body.id) {
    throw new Problem('invalid', '/id cannot be changed', {
      errors: [{ pointer: '/id', detail: `is ${read.body.id}, and cannot be changed` }],
    });
  }
  refuseForeignName(read.body.id, patch);
  const revision = expectedRevision(c, read.revision);
  return submit(
    c,
    () => updateHypervisor(asked(c), read, patch, revision),
    () => answer(c, read.body.id, ({ body }) => body),
  );
}

/** DELETE /hypervisors/{id}: 200 and the hypervisor as it was. */
export async function remove(c: AppContext): Promise<Response> {
  const { force } = queryParameters(c, removalQuerySchema);
  const read = await current(c);
  const revision = expectedRevision(c, read.revision);
  return submitRemoval(c, () => removeHypervisor(asked(c), read, force, revision));
}

/** GET /hypervisors/{id}/config */
export async function getConfig(c: AppContext): Promise<Response> {
  return answer(c, idOf(c), ({ config }) => config);
}

/** PATCH /hypervisors/{id}/config: merges, and answers the whole. */
export function changeConfig(c: AppContext): Promise<Response> {
  return changePart(c, configPatchSchema, updateConfig, ({ config }) => config);
}

/** GET /hypervisors/{id}/subnets */
export async function getSubnets(c: AppContext): Promise<Response> {
  return answer(c, idOf(c), ({ subnets }) => subnets);
}

/** PATCH /hypervisors/{id}/subnets: merges, and answers the whole. */
export function changeSubnets(c: AppContext): Promise<Response> {
  return changePart(c, subnetsPatchSchema, associate, ({ subnets }) => subnets);
}

/** GET /hypervisors/{id}/subnets/{subnetID}: the association, and its interface's state on the host (extension). */
export async function getSubnet(c: AppContext): Promise<Response> {
  const subnet = pathParameter(c, 'subnetID', subnetIdSchema);
  const { body, revision } = await current(c);
  const association = await readAssociation(c.get('settings').database, body.id, subnet);
  if (association === undefined) throw notAssociated(body.name, subnet);
  tag(c, revision);
  return answerJson(c, association);
}

/** DELETE /hypervisors/{id}/subnets/{subnetID}: 200 and the map that is left. */
export async function removeSubnet(c: AppContext): Promise<Response> {
  const subnet = pathParameter(c, 'subnetID', subnetIdSchema);
  const read = await current(c);
  const revision = expectedRevision(c, read.revision);
  return submit(
    c,
    () => dissociate(asked(c), read, subnet, revision),
    () => answer(c, read.body.id, ({ subnets }) => subnets),
  );
}

/** GET /hypervisors/{id}/guests: no kind of guest is built yet. */
export async function getGuests(c: AppContext): Promise<Response> {
  return answer(c, idOf(c), () => []);
}

async function changePart<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
  command: (by: Asked, read: ReadHypervisor, patch: v.InferOutput<Schema>, revision: number | null) => Intent,
  part: (read: ReadHypervisor) => unknown,
): Promise<Response> {
  const patch = await readStrictBody(c, schema);
  const read = await current(c);
  const revision = expectedRevision(c, read.revision);
  return submit(
    c,
    () => command(asked(c), read, patch, revision),
    () => answer(c, read.body.id, part),
  );
}

async function answer(
  c: AppContext,
  id: string,
  part: (read: ReadHypervisor) => unknown,
  status: 200 | 201 = 200,
): Promise<Response> {
  const read = await readHypervisor(c.get('settings').database, id);
  tag(c, read.revision);
  return answerJson(c, part(read), status);
}

function current(c: AppContext): Promise<ReadHypervisor> {
  return readHypervisor(c.get('settings').database, idOf(c));
}

function idOf(c: AppContext): string {
  return readHypervisorReference(c.req.param('id') ?? '');
}
