import * as v from 'valibot';
import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import {
  defineSubnet,
  type SubnetBody,
  type SubnetInput,
  subnetInputSchema,
} from '../../../schema/api/fleet/subnets.ts';
import { now } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import { none } from '../../operations/targets/target.ts';
import { metadataOf, subnetResource } from './subnet.ts';

const upsert = `
  INSERT INTO subnets (id, cidr, gateway, first, last, first_offset, last_offset, gateway_offset, metadata, revision, created_ms)
  VALUES (:id, :cidr, :gateway, :start, :end, :startOffset, :endOffset, :gatewayOffset, :metadata, 1, ${now})
  ON CONFLICT (id) DO UPDATE SET cidr = excluded.cidr, gateway = excluded.gateway, first = excluded.first, last = excluded.last,
    first_offset = excluded.first_offset, last_offset = excluded.last_offset, gateway_offset = excluded.gateway_offset,
    metadata = excluded.metadata, revision = revision + 1`;

/** Defines a subnet, which may already be known by its id alone. */
export const createSubnet = defineCommand({
  kind: 'subnet.create',
  role: 'operator',
  request: v.object({ ...subnetInputSchema.pipe[1].entries, id: subnetIdSchema }),
  target: none,
  resource: subnetResource,
  status: 'succeeded',
  arguments: ({ request }) => ({
    id: request.id,
    ...defineSubnet(request),
    metadata: metadataOf(request) ?? '{}',
  }),
  guards: [
    {
      id: 'exists',
      holds: 'NOT EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS NOT NULL)',
      problem: ({ request: { id } }) =>
        new Problem('exists', `Subnet ${id} already exists`, {
          errors: [{ pointer: '/id', detail: `already exists: ${id}` }],
        }),
    },
  ],
  rows: [upsert],
});

/** A subnet as its POST created it, from the request that its operation keeps. */
export function asCreated(id: string, input: SubnetInput): SubnetBody {
  const { cidr, gateway, start, end, startOffset, endOffset, gatewayOffset } = defineSubnet(input);
  const hasGateway = gatewayOffset !== null && gatewayOffset >= startOffset && gatewayOffset <= endOffset;
  const free = endOffset - startOffset + 1 - (hasGateway ? 1 : 0);
  return { id, cidr, gateway, start, end, metadata: input.metadata ?? {}, free, reserved: 0, hypervisors: [] };
}
