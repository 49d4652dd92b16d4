import type { SubnetsPatch } from '../../../schema/api/fleet/hypervisors.ts';
import type { NewOperation } from '../../operations/intent.ts';
import { byName, hypervisor } from '../../operations/targets/target.ts';

export const freeNames = `
  DELETE FROM host_names
  WHERE hypervisor = ${hypervisor} AND kind = 'link' AND owner = 'interfaces/' || hypervisor || '/' || name
    AND NOT EXISTS (SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = host_names.hypervisor AND s.interface = host_names.name)`;

export const touch = `UPDATE hypervisors SET revision = revision + 1 WHERE id = ${hypervisor}`;

export function changeOf(operation: string, id: string, principal: string, request: SubnetsPatch): NewOperation {
  return {
    operation,
    kind: 'subnets.change',
    on: byName(id),
    request,
    principal,
    resource: `hypervisors/${id}/bridges`,
    status: 'pending where able',
    total: Object.keys(request).length,
  };
}
