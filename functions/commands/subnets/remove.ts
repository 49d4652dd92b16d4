import * as v from 'valibot';
import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import { revisionGuards } from '../../operations/conflict.ts';
import { none } from '../../operations/targets/target.ts';
import { pluralize } from '../pluralize.ts';
import { readSubnet } from './read.ts';
import { missingSubnet, subnetResource } from './subnet.ts';

const users = `
  SELECT (SELECT count(*) FROM subnet_interfaces WHERE subnet = :id) + (SELECT reserved FROM subnets WHERE id = :id)`;

/** Removes a subnet that is not in use. */
export const removeSubnet = defineCommand({
  kind: 'subnet.delete',
  role: 'operator',
  request: v.object({ id: subnetIdSchema }),
  read: ({ database, request }) => readSubnet(database, request.id),
  target: none,
  resource: subnetResource,
  status: 'succeeded',
  result: ({ found }) => ({ was: found.body }),
  arguments: ({ request, found, ifMatch }) => ({
    id: request.id,
    revision: expectedRevision(ifMatch, found.revision),
  }),
  guards: [
    ...revisionGuards('subnets', missingSubnet),
    {
      id: 'in_use',
      holds: `(${users}) = 0`,
      problem: ({ database, request }) => inUse(database, request.id),
    },
  ],
  rows: ['DELETE FROM subnets WHERE id = :id'],
});

async function inUse(database: Database, id: string): Promise<Problem> {
  const [rows] = await database.read([
    statement<{ hypervisors: string; addresses: number }>(
      `SELECT (SELECT json_group_array(h.name) FROM subnet_interfaces i JOIN hypervisors h ON h.id = i.hypervisor WHERE i.subnet = :id) AS hypervisors,
         (SELECT reserved FROM subnets WHERE id = :id) AS addresses`,
      { id },
    ),
  ]);
  const hypervisors: string[] = JSON.parse(rows[0]?.hypervisors ?? '[]');
  const addresses = rows[0]?.addresses ?? 0;
  const uses = [
    ...(hypervisors.length > 0 ? [`${hypervisors.join(', ')} ${hypervisors.length === 1 ? 'is' : 'are'} in it`] : []),
    ...(addresses > 0 ? [`it has ${pluralize(addresses, 'reserved address', 'reserved addresses')}`] : []),
  ];
  return new Problem('conflict', `Subnet ${id} is in use: ${uses.join(', ')}`, {
    hint: 'DELETE /hypervisors/{id}/subnets/{subnetID} and /subnets/{id}/addresses/{address} first',
  });
}
