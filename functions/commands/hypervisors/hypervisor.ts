import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import type { Problem } from '../../../schema/problem.ts';
import type { ReadHypervisor } from './read.ts';

interface About {
  readonly found: ReadHypervisor;
}

export function hypervisorResource({ found }: About): string {
  return `hypervisors/${found.body.id}`;
}

/** The hypervisor was removed since it was read. */
export function missingHypervisor({ found }: About): Problem {
  return unknownHypervisor(found.body.id);
}
