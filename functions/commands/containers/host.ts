import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { byName, type Target } from '../../operations/targets/target.ts';
import { noExecutorHint, readScope } from '../networks/problems.ts';

/** A request about a container: its path always names the host. */
export interface OnHost extends CommandContext {
  readonly host: string;
  /** Whether a prefix names the hypervisor, too: then CENs of that name elsewhere are others. */
  readonly scoped: boolean;
}

/** The hypervisor of a container: the HostId of its path. */
export function hostOfContainer(host: string): Target {
  return byName(host, async (database) => {
    const { hypervisors } = await readScope(database);
    return new Problem('not_found', `Hypervisor ${host} not found`, {
      errors: [{ parameter: 'HostId', detail: `hypervisor ${host} not found` }],
      hint: hypervisors.length === 0 ? noExecutorHint : `Known: ${hypervisors.map(({ name }) => name).join(', ')}`,
    });
  });
}
