import * as v from 'valibot';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';

/**
 * The hypervisor's executor compares its whole host with the desired state, and repairs it; a dry run only returns the
 * differences.
 */
export const resync = defineCommand({
  kind: 'hypervisor.resync',
  role: 'operator',
  request: v.object({ dry_run: v.boolean() }),
  target: (context) => byName(namedHost(context)),
  resource: { onHost: () => '' },
  status: 'pending',
  subjects: [ownSubject],
});
