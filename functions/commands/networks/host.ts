import { Problem } from '../../../schema/problem.ts';
import type { Asked } from '../../operations/command-context.ts';
import { type Choice, named } from '../../operations/targets/target.ts';
import { explainScope, noExecutorHint } from './explain.ts';

/** A request about a container: its path always names the host. */
export interface OnHost extends Asked {
  readonly host: string;
  /** Whether a prefix names the hypervisor, too: then CENs of that name elsewhere are others. */
  readonly scoped: boolean;
}

/** The hypervisor of a container: the HostId of its path. */
export function hostOfContainer(host: string): Choice {
  return named(host, async (database) => {
    const { hypervisors } = await explainScope(database);
    return new Problem('not_found', `There is no hypervisor ${host}`, {
      errors: [{ parameter: 'HostId', detail: `there is no hypervisor ${host}` }],
      hint: hypervisors.length === 0 ? noExecutorHint : `Known: ${hypervisors.map(({ name }) => name).join(', ')}`,
    });
  });
}
