import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { addressSchema, reservationSchema, subnetInputSchema } from '../../../schema/api/fleet/subnets.ts';
import { Problem } from '../../../schema/problem.ts';
import { addressList, readAddresses } from '../../commands/addresses/read.ts';
import { findReserved, releaseAddress } from '../../commands/addresses/release.ts';
import { reserveAddress, reservedAddress } from '../../commands/addresses/reserve.ts';
import { asCreated, createSubnet } from '../../commands/subnets/create.ts';
import { type ReadSubnet, readSubnet, readSubnets, subnetList } from '../../commands/subnets/read.ts';
import { removeSubnet } from '../../commands/subnets/remove.ts';
import { updateSubnet } from '../../commands/subnets/update.ts';
import { readOptionalBody, readStrictBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { tag } from '../../http/entity-tag.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { newId } from '../../operations/new-id.ts';
import type { AcceptedOperation } from '../../operations/operation.ts';
import { orAsRecorded, submit, submitRemoval } from '../../operations/submit.ts';

/* Subnets and their addresses: an extension. */

/** GET /subnets */
export async function list(c: AppContext): Promise<Response> {
  const { items, next } = await readSubnets(c.get('settings').database, ownPage(c, subnetList));
  return answerJson(c, { subnets: items, ...nextOf(subnetList, next) });
}

/** POST /subnets: 201 and the subnet. */
export async function create(c: AppContext): Promise<Response> {
  const input = await readStrictBody(c, subnetInputSchema);
  return submit(
    c,
    () => createSubnet.prepare(commandContext(c), { ...input, id: input.id ?? newId() }),
    orAsRecorded(
      c,
      (operation) => {
        c.header('location', `/subnets/${idIn(operation)}`);
        return answer(c, idIn(operation), 201);
      },
      (row) => answerJson(c, asCreated(idIn(row), JSON.parse(row.request)), 201),
    ),
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
  return submit(
    c,
    () => updateSubnet.prepare(commandContext(c), { ...input, id }),
    orAsRecorded(
      c,
      () => answer(c, id),
      ({ request }) => answerJson(c, { id, ...JSON.parse(request) }),
    ),
  );
}

/** DELETE /subnets/{id}: 200 and the subnet as it was. */
export async function remove(c: AppContext): Promise<Response> {
  const id = idOf(c);
  return submitRemoval(c, () => removeSubnet.prepare(commandContext(c), { id }));
}

/** GET /subnets/{id}/addresses */
export async function listAddresses(c: AppContext): Promise<Response> {
  const page = ownPage(c, addressList);
  const { items, next } = await readAddresses(c.get('settings').database, await current(c), page);
  return answerJson(c, { addresses: items, ...nextOf(addressList, next) });
}

/** POST /subnets/{id}/addresses: 201 and the lowest free address, or the one that the body names. */
export async function reserve(c: AppContext): Promise<Response> {
  const input = await readOptionalBody(c, reservationSchema);
  const id = idOf(c);
  return submit(
    c,
    () => reserveAddress.prepare(commandContext(c), { ...input, subnet: id }),
    ({ result }) => {
      const reservation = reservedAddress(result);
      c.header('location', `/subnets/${id}/addresses/${reservation.address}`);
      return answerJson(c, reservation, 201);
    },
  );
}

/** GET /subnets/{id}/addresses/{address} */
export async function getAddress(c: AppContext): Promise<Response> {
  const address = pathParameter(c, 'address', addressSchema);
  const { reservation } = await findReserved(c.get('settings').database, await current(c), address);
  return answerJson(c, reservation);
}

/** DELETE /subnets/{id}/addresses/{address}: 200 and the reservation as it was. */
export async function release(c: AppContext): Promise<Response> {
  const address = pathParameter(c, 'address', addressSchema);
  const subnet = idOf(c);
  return submitRemoval(c, () => releaseAddress.prepare(commandContext(c), { subnet, address }));
}

async function answer(c: AppContext, id: string, status: 200 | 201 = 200): Promise<Response> {
  const { body, revision } = await readSubnet(c.get('settings').database, id);
  tag(c, revision);
  return answerJson(c, body, status);
}

/** Id of the subnet of an operation. */
function idIn({ resource }: Pick<AcceptedOperation, 'resource'>): string {
  return (resource ?? '').slice('subnets/'.length);
}

function current(c: AppContext): Promise<ReadSubnet> {
  return readSubnet(c.get('settings').database, idOf(c));
}

function idOf(c: AppContext): string {
  return pathParameter(c, 'subnetID', subnetIdSchema);
}
