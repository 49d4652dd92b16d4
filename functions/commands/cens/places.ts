import { isNamed } from '../../operations/targets/target.ts';

/** Whether a request is for CENs of the hypervisor that `:host` names, or of all hypervisors. */
export type Scope = 'host' | 'fleet';

export function scopeOf(host: string | null): Scope {
  return host === null ? 'fleet' : 'host';
}

/**
 * Follows FROM or CROSS JOIN: `n`, the CENs named `name` (SQL), each with its hypervisor, `h`. In the whole fleet they
 * are looked up by name, so that the cost does not depend on the number of hypervisors.
 */
export function censCalled(name: string, scope: Scope): string {
  const found = `n.hypervisor = h.id AND n.name = ${name} AND n.desired = 'present'`;
  return scope === 'fleet'
    ? `cens n CROSS JOIN hypervisors h ON ${found}`
    : `hypervisors h CROSS JOIN cens n ON ${isNamed('h')} AND ${found}`;
}
