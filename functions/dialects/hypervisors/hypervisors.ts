import type * as v from 'valibot';
import {
  configPatchSchema,
  hypervisorPatchSchema,
  hypervisorPostSchema,
  removalQuerySchema,
  subnetIdSchema,
  subnetsPatchSchema,
} from '../../../schema/api/fleet/hypervisors.ts';
import { changeSubnets as changeSubnetsOf, notAssociated } from '../../commands/hypervisors/change-subnets.ts';
import { updateConfig } from '../../commands/hypervisors/configure.ts';
import { createHypervisor } from '../../commands/hypervisors/create.ts';
import {
  asCreated,
  associationList,
  guestList,
  hypervisorList,
  type ReadHypervisor,
  readAssociation,
  readAssociations,
  readGuests,
  readHypervisor,
  readHypervisors,
  readHypervisorWithSubnets,
  readNamedHypervisor,
} from '../../commands/hypervisors/read.ts';
import { removeHypervisor } from '../../commands/hypervisors/remove.ts';
import { updateHypervisor } from '../../commands/hypervisors/update.ts';
import { readBody, readStrictBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { tag } from '../../http/entity-tag.ts';
import { answerJson } from '../../http/json.ts';
import { linkNext, seedPage } from '../../http/pages.ts';
import { pathParameter, queryParameters } from '../../http/parameters.ts';
import type { Command } from '../../operations/command.ts';
import { commandContext } from '../../operations/command-context.ts';
import { newId } from '../../operations/new-id.ts';
import type { AcceptedOperation } from '../../operations/operation.ts';
import { orAsRecorded, submit, submitRemoval } from '../../operations/submit.ts';
import { hypervisorContext } from './context.ts';

/** GET /hypervisors */
export async function list(c: AppContext): Promise<Response> {
  const { items, next } = await readHypervisors(c.get('settings').database, seedPage(c, hypervisorList));
  linkNext(c, hypervisorList, next);
  return answerJson(c, items);
}

/** POST /hypervisors: 201 and the hypervisor. */
export async function create(c: AppContext): Promise<Response> {
  const post = await readBody(c, hypervisorPostSchema);
  return submit(
    c,
    () => createHypervisor.prepare(commandContext(c), { ...post, id: post.id ?? newId() }),
    orAsRecorded(
      c,
      (operation) => {
        c.header('location', `/hypervisors/${idIn(operation)}`);
        return answer(c, idIn(operation), ({ body }) => body, 201);
      },
      ({ request }) => answerJson(c, asCreated(JSON.parse(request)), 201),
    ),
  );
}

/** GET /hypervisors/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answer(c, hypervisorContext(c).host, ({ body }) => body);
}

/** PATCH /hypervisors/{id}: merges. */
export async function update(c: AppContext): Promise<Response> {
  const patch = await readBody(c, hypervisorPatchSchema);
  return submit(
    c,
    () => updateHypervisor.prepare(hypervisorContext(c), patch),
    orAsRecorded(
      c,
      (operation) => answer(c, idIn(operation), ({ body }) => body),
      (row) => answerJson(c, { id: idIn(row), ...JSON.parse(row.request) }),
    ),
  );
}

/** DELETE /hypervisors/{id}: 200 and the hypervisor as it was. */
export async function remove(c: AppContext): Promise<Response> {
  const { force } = queryParameters(c, removalQuerySchema);
  return submitRemoval(c, () => removeHypervisor.prepare(hypervisorContext(c), { force }));
}

/** GET /hypervisors/{id}/config */
export async function getConfig(c: AppContext): Promise<Response> {
  return answer(c, hypervisorContext(c).host, ({ config }) => config);
}

/** PATCH /hypervisors/{id}/config: merges, and answers the whole map. */
export function changeConfig(c: AppContext): Promise<Response> {
  return changePart(c, configPatchSchema, updateConfig, (id) => answer(c, id, ({ config }) => config));
}

/** GET /hypervisors/{id}/subnets */
export async function getSubnets(c: AppContext): Promise<Response> {
  const page = seedPage(c, associationList);
  const { body, revision } = await current(c);
  const { items, next } = await readAssociations(c.get('settings').database, body.id, page);
  tag(c, revision);
  linkNext(c, associationList, next);
  return answerJson(c, Object.fromEntries(items.map((item) => [item.subnet, item.interface])));
}

/** PATCH /hypervisors/{id}/subnets: merges, and answers the whole map. */
export function changeSubnets(c: AppContext): Promise<Response> {
  return changePart(c, subnetsPatchSchema, changeSubnetsOf, (id) => answerSubnets(c, id));
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
  return submit(
    c,
    () => changeSubnetsOf.prepare(hypervisorContext(c), { [subnet]: '' }),
    orAsRecorded(
      c,
      (operation) => answerSubnets(c, idIn(operation)),
      ({ result }) => answerJson(c, JSON.parse(result ?? '{}').left),
    ),
  );
}

/** GET /hypervisors/{id}/guests: the ids of its virtual machines. */
export async function getGuests(c: AppContext): Promise<Response> {
  const page = seedPage(c, guestList);
  const { body, revision } = await current(c);
  const { items, next } = await readGuests(c.get('settings').database, body.id, page);
  tag(c, revision);
  linkNext(c, guestList, next);
  return answerJson(
    c,
    items.map(({ id }) => id),
  );
}

async function changePart<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
  command: Command<v.InferOutput<Schema>>,
  answerPart: (id: string) => Promise<Response>,
): Promise<Response> {
  const patch = await readStrictBody(c, schema);
  return submit(
    c,
    () => command.prepare(hypervisorContext(c), patch),
    orAsRecorded(
      c,
      (operation) => answerPart(idIn(operation)),
      ({ request }) => answerJson(c, withoutEmpty(JSON.parse(request))),
    ),
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

async function answerSubnets(c: AppContext, id: string): Promise<Response> {
  const { revision, subnets } = await readHypervisorWithSubnets(c.get('settings').database, id);
  tag(c, revision);
  return answerJson(c, subnets);
}

/** The result of merging a patch: an empty string removes a key. */
function withoutEmpty(patch: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== ''));
}

/** Id of the hypervisor of an operation, taken from the operation itself, since the hypervisor's row may be gone. */
function idIn({ resource }: Pick<AcceptedOperation, 'resource'>): string {
  return resource?.split('/')[1] ?? '';
}

function current(c: AppContext): Promise<ReadHypervisor> {
  return readNamedHypervisor(hypervisorContext(c));
}
