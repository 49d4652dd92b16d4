import { readHypervisorReference } from '../../schema/api/fleet/parameters.ts';
import type { Asked } from '../commands/asked.ts';
import type { AppContext } from '../context.ts';

/** In front of a dialect's path: whose it is. */
export const HYPERVISOR_PREFIX = '/hypervisors/:hypervisor';

/**
 * What every command wants to know of a request. Whether there is such a hypervisor, the command's own statements say:
 * a write stays one round trip. Throws a 400 for what can be no hypervisor.
 */
export function asked(c: AppContext): Asked {
  const given = c.req.param('hypervisor');
  const host = given === undefined ? null : readHypervisorReference(given);
  return { database: c.get('settings').database, principal: c.get('principal'), host };
}

/** The path without the hypervisor in front of it. */
export function withoutPrefix(path: string): string {
  return path.replace(/^\/hypervisors\/[^/]+(?=\/)/, '');
}
