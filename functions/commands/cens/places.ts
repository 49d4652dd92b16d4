import { isNamed } from '../../operations/targets/target.ts';

/** Whether a request means the CENs of the hypervisor that `:host` names, or those of all. */
export type Scope = 'host' | 'fleet';

export function scopeOf(host: string | null): Scope {
  return host === null ? 'fleet' : 'host';
}

/**
 * Follows FROM or CROSS JOIN: `n`, the CENs called `name` (SQL), each on its hypervisor, `h`. In the fleet they are found
 * by their name, so that it does not matter how many hypervisors there are.
 */
export function censCalled(name: string, scope: Scope): string {
  const found = `n.hypervisor = h.id AND n.name = ${name} AND n.desired = 'present'`;
  return scope === 'fleet'
    ? `cens n CROSS JOIN hypervisors h ON ${found}`
    : `hypervisors h CROSS JOIN cens n ON ${isNamed('h')} AND ${found}`;
}
