import type { Technology } from '../api/capabilities.ts';
import { resourceOf } from '../resources/registry.ts';

/** The technology that an operation of this kind needs; undefined: none, or several. */
export function technologyOf(kind: string): Technology | undefined {
  return resourceOf(kind)?.technology;
}

/**
 * Whether a hypervisor, `alias` in the query, has a technology, 0 or 1. One that is away counts: operations that need
 * it are accepted and wait.
 */
export function has(alias: string, technology: Technology): string {
  const member = (name: string) => `${alias}.capabilities ->> '$.${technology}.${name}'`;
  return `coalesce(${member('available')} OR ${member('away')}, 0)`;
}
