import * as v from 'valibot';
import { uuidSchema } from '../../../schema/api/common.ts';
import { hypervisorPostSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { now } from '../../../schema/database/database.ts';
import { defineCommand } from '../../operations/command.ts';
import { byId } from '../../operations/targets/target.ts';
import { prefixed, taken } from './description.ts';

const insert = `
  INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms, ip, netmask, gateway, mac, metadata,
    total_memory, total_disk, total_cpu, withheld_memory, withheld_disk, withheld_cpu)
  VALUES (:id, :name, 0, '{}', ${now}, :ip, :netmask, :gateway, :mac, :metadata,
    :total_memory, :total_disk, :total_cpu, :total_memory - :available_memory, :total_disk - :available_disk,
    :total_cpu - :available_cpu)`;

/** Describes a hypervisor before its executor has registered. */
export const createHypervisor = defineCommand({
  kind: 'hypervisor.create',
  role: 'operator',
  request: v.object({ ...hypervisorPostSchema.pipe[1].entries, id: uuidSchema }),
  target: ({ request }) => byId(request.id),
  resource: ({ request }) => `hypervisors/${request.id}`,
  status: 'succeeded',
  arguments: ({ request }) => {
    const { id, name = id, ip = '', netmask = '', gateway = '', mac = '', metadata = {} } = request;
    const total = { memory: 0, disk: 0, cpu: 0, ...request.total_resources };
    return {
      ...{ id, name, ip, netmask, gateway, mac, metadata: JSON.stringify(metadata) },
      ...prefixed('total', total),
      ...prefixed('available', { ...total, ...request.available_resources }),
    };
  },
  rows: [insert],
  constraints: [
    { violated: 'hypervisors.id', problem: ({ request }) => taken('id', request.id) },
    {
      violated: 'hypervisors.name',
      // If the name equals the id, SQLite may report either constraint.
      problem: ({ request: { id, name = id } }) => (name === id ? taken('id', id) : taken('name', name)),
    },
  ],
});
