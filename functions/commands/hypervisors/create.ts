import type { HypervisorPost } from '../../../schema/api/fleet/hypervisors.ts';
import { now, statement } from '../../../schema/database/database.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { byName } from '../../operations/targets/target.ts';
import { prefixed, taken } from './description.ts';

const insert = `
  INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms, ip, netmask, gateway, mac, metadata,
    total_memory, total_disk, total_cpu, withheld_memory, withheld_disk, withheld_cpu)
  VALUES (:id, :name, 0, '{}', ${now}, :ip, :netmask, :gateway, :mac, :metadata,
    :total_memory, :total_disk, :total_cpu, :total_memory - :available_memory, :total_disk - :available_disk,
    :total_cpu - :available_cpu)`;

/** Describes a hypervisor whose executor may come one day. */
export function createHypervisor(
  { principal }: Pick<CommandContext, 'principal'>,
  id: string,
  post: HypervisorPost,
): Intent {
  const operation = newId();
  const { name = id, ip = '', netmask = '', gateway = '', mac = '', metadata = {} } = post;
  const total = { memory: 0, disk: 0, cpu: 0, ...post.total_resources };
  const available = { ...total, ...post.available_resources };
  return {
    operation,
    statements: [
      statement(insert, {
        ...{ id, name, ip, netmask, gateway, mac, metadata: JSON.stringify(metadata) },
        ...prefixed('total', total),
        ...prefixed('available', available),
      }),
      insertOperation({
        operation,
        kind: 'hypervisor.create',
        on: byName(id),
        request: { ...post, id },
        principal,
        resource: `hypervisors/${id}`,
        status: 'succeeded',
      }),
    ],
    constraints: [
      { violated: 'hypervisors.id', problem: () => taken('id', id) },
      // Where the name is the id, SQLite may say either.
      { violated: 'hypervisors.name', problem: () => (name === id ? taken('id', id) : taken('name', name)) },
    ],
  };
}
