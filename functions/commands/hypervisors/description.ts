import type { ResourcesInput } from '../../../schema/api/fleet/hypervisors.ts';
import { Problem } from '../../../schema/problem.ts';

export type Resource = 'memory' | 'disk' | 'cpu';

export const resources: readonly Resource[] = ['memory', 'disk', 'cpu'];

export function prefixed(prefix: 'total' | 'available', amounts: ResourcesInput): Record<string, number | null> {
  return Object.fromEntries(resources.map((resource) => [`${prefix}_${resource}`, amounts[resource] ?? null]));
}

export function taken(member: 'id' | 'name', value: string): Problem {
  return new Problem('exists', `Hypervisor ${value} already exists`, {
    errors: [{ pointer: `/${member}`, detail: `already exists: ${value}` }],
  });
}
