import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { byName, type Target } from '../../operations/targets/target.ts';
import { noExecutorHint, readScope } from '../networks/problems.ts';

/** The hypervisor of a container: the HostId of its path. */
export function ofContainer(context: Pick<CommandContext, 'host'>): Target {
  const host = namedHost(context);
  return byName(host, (database) => unknownHost(database, host));
}

/** No hypervisor has the name or UUID that a path has as its HostId. */
export async function unknownHost(database: Database, host: string): Promise<Problem> {
  const { hypervisors } = await readScope(database);
  return new Problem('not_found', `Hypervisor ${host} not found`, {
    errors: [{ parameter: 'HostId', detail: `hypervisor ${host} not found` }],
    hint: hypervisors.length === 0 ? noExecutorHint : `Known: ${hypervisors.map(({ name }) => name).join(', ')}`,
  });
}
