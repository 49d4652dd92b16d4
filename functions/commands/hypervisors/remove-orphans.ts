import * as v from 'valibot';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';

/** Has everything taken away that bears this database's label and is in no row of it. */
export const removeOrphans = defineCommand({
  kind: 'hypervisor.sweep',
  role: 'operator',
  request: v.object({}),
  target: (context) => byName(namedHost(context)),
  resource: { onHost: () => '' },
  status: 'pending',
  subjects: [ownSubject],
});
