import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { addressSchema, reservationSchema, subnetInputSchema } from '../../../schema/api/fleet/subnets.ts';
import { Problem } from '../../../schema/problem.ts';
import {
  notReserved,
  offsetOf,
  releaseAddress,
  reserveAddress,
  reservedAddress,
} from '../../commands/subnets/addresses.ts';
import { createSubnet, removeSubnet, updateSubnet } from '../../commands/subnets/define.ts';
import { type ReadSubnet, readAddresses, readSubnet, readSubnets } from '../../commands/subnets/read.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../intent/new-id.ts';
import { merging } from '../../intent/revision.ts';
import { submit, submitRemoval } from '../../intent/submit.ts';
import { asked } from '../../middleware/asked.ts';
import { readOptionalBody, readStrictBody } from '../../middleware/body.ts';
import { expectedRevision, tag } from '../../middleware/entity-tag.ts';
import { answerJson } from '../../middleware/json.ts';
import { pathParameter } from '../../middleware/parameters.ts';

/* Subnets and their addresses: an extension. */

/** GET /subnets */
export async function list(c: AppContext): Promise<Response> {
  return answerJson(c, await readSubnets(c.get('settings').database));
}

/** POST /subnets: 201 and the subnet. */
export async function create(c: AppContext): Promise<Response> {
  const input = await readStrictBody(c, subnetInputSchema);
  return submit(
    c,
    () => createSubnet(asked(c), input.id ?? newId(), input),
    async ({ resource }) => {
      const id = (resource ?? '').slice('subnets/'.length);
      c.header('location', `/subnets/${id}`);
      return answer(c, id, 201);
    },
  );
}

/** GET /subnets/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answer(c, idOf(c));
}

/** PATCH /subnets/{id}: merges. */
export async function update(c: AppContext): Promise<Response> {
  const input = await readStrictBody(c, subnetInputSchema);
  const id = idOf(c);
  if (input.id !== undefined && input.id !== id) {
    throw new Problem('invalid', '/id cannot be changed', {
      errors: [{ pointer: '/id', detail: `is ${id}, and cannot be changed` }],
    });
  }
  return merging(async () => {
    const read = await current(c);
    const insists = expectedRevision(c, read.revision) !== null;
    return submit(
      c,
      () => updateSubnet(asked(c), read, input, insists),
      () => answer(c, id),
    );
  });
}

/** DELETE /subnets/{id}: 200 and the subnet as it was. */
export async function remove(c: AppContext): Promise<Response> {
  const read = await current(c);
  const revision = expectedRevision(c, read.revision);
  return submitRemoval(c, () => removeSubnet(asked(c), read, revision));
}

/** GET /subnets/{id}/addresses */
export async function listAddresses(c: AppContext): Promise<Response> {
  return answerJson(c, await readAddresses(c.get('settings').database, await current(c)));
}

/** POST /subnets/{id}/addresses: 201 and the lowest address that was free, or the one that the body names. */
export async function reserve(c: AppContext): Promise<Response> {
  const input = await readOptionalBody(c, reservationSchema);
  const subnet = await current(c);
  return submit(
    c,
    () => reserveAddress(asked(c), subnet, input),
    async ({ result }) => {
      const address = reservedAddress(subnet, result);
      c.header('location', `/subnets/${subnet.body.id}/addresses/${address}`);
      return answerAddress(c, subnet, address, 201);
    },
  );
}

/** GET /subnets/{id}/addresses/{address} */
export async function getAddress(c: AppContext): Promise<Response> {
  const address = pathParameter(c, 'address', addressSchema);
  return answerAddress(c, await current(c), address);
}

/** DELETE /subnets/{id}/addresses/{address}: 200 and the reservation as it was. */
export async function release(c: AppContext): Promise<Response> {
  const address = pathParameter(c, 'address', addressSchema);
  const subnet = await current(c);
  return submitRemoval(c, async () => {
    const { offset, reservation } = await reservationOf(c, subnet, address);
    return releaseAddress(asked(c), subnet, reservation, offset);
  });
}

async function reservationOf(c: AppContext, subnet: ReadSubnet, address: string) {
  const offset = offsetOrNone(subnet, address);
  const [reservation] = offset === null ? [] : await readAddresses(c.get('settings').database, subnet, offset);
  if (offset === null || reservation === undefined) throw notReserved(address);
  return { offset, reservation };
}

/** What is not in the subnet at all is not reserved there. */
function offsetOrNone(subnet: ReadSubnet, address: string): number | null {
  try {
    return offsetOf(subnet, address);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

async function answerAddress(
  c: AppContext,
  subnet: ReadSubnet,
  address: string,
  status: 200 | 201 = 200,
): Promise<Response> {
  return answerJson(c, (await reservationOf(c, subnet, address)).reservation, status);
}

async function answer(c: AppContext, id: string, status: 200 | 201 = 200): Promise<Response> {
  const { body, revision } = await readSubnet(c.get('settings').database, id);
  tag(c, revision);
  return answerJson(c, body, status);
}

function current(c: AppContext): Promise<ReadSubnet> {
  return readSubnet(c.get('settings').database, idOf(c));
}

function idOf(c: AppContext): string {
  return pathParameter(c, 'subnetID', subnetIdSchema);
}
