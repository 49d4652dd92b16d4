import * as v from 'valibot';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';

/** Has the hypervisor's executor compare its whole host with what is wanted, and repair it; a dry run only tells. */
export const resync = defineCommand({
  kind: 'hypervisor.resync',
  role: 'operator',
  request: v.object({ dry_run: v.boolean() }),
  target: (context) => byName(namedHost(context)),
  resource: { onHost: () => '' },
  status: 'pending',
  subjects: [ownSubject],
});
