import * as v from 'valibot';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';

/** Removes from the host all objects with a label of this database and no row. */
export const removeOrphans = defineCommand({
  kind: 'hypervisor.sweep',
  role: 'operator',
  request: v.object({}),
  target: (context) => byName(namedHost(context)),
  resource: { onHost: () => '' },
  status: 'pending',
  subjects: [ownSubject],
});
