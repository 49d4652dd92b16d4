import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { capableOf, resolve, type Target } from '../../operations/targets/target.ts';

/** The hypervisor's executor can run processes in containers, or install what they need. */
export const hasContainers: Guard<CommandContext> = {
  id: 'no_containers',
  holds: capableOf('containers'),
  problem: ({ database }, target) => noContainers(database, target),
};

/** `pointers`: the members of the request that need it. */
export async function noContainers(database: Database, on: Target, pointers: readonly string[] = []): Promise<Problem> {
  const found = await resolve(database, on);
  const reason =
    JSON.parse(found?.capabilities ?? '{}').containers?.reason ?? 'its executor has not reported its capabilities yet';
  return new Problem(
    'impossible',
    `${found?.name ?? 'This hypervisor'} cannot run processes in containers: ${reason}`,
    {
      hint: 'As root on that host: WEFT_SETUP=auto npm run setup -- containers, and start its executor again. A container without image and command needs none of this',
      ...(pointers.length > 0 && {
        errors: pointers.map((pointer) => ({ pointer, detail: 'needs a container runtime' })),
      }),
    },
  );
}
