import * as v from 'valibot';
import { cinIdSchema } from '../../../schema/api/leviathan-cins.ts';
import { defineCommand } from '../../operations/command.ts';
import { byName } from '../../operations/targets/target.ts';
import { countOwn, ownCin, ownSubjects } from './cen-statements.ts';
import { cinResource, unknownCin } from './cin.ts';
import { readCin } from './read.ts';

const removeCin = `
  UPDATE cins SET desired = 'absent', spec = '{"made":false}', generation = generation + 1 WHERE id = ${ownCin}`;

/**
 * Takes a CIN's addresses from the host and deletes its row; its CENs stay. They are in it until then, so that a repair
 * after a failure knows what is left.
 */
export const deleteCin = defineCommand({
  kind: 'cin.delete',
  role: 'operator',
  request: v.object({ cinID: cinIdSchema }),
  read: (asked) => readCin(asked, asked.request.cinID),
  target: ({ found }) => byName(found.hypervisors[0] ?? ''),
  resource: cinResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ cin: request.cinID }),
  guards: [
    {
      id: 'unknown_cin',
      holds: `EXISTS (SELECT 1 FROM cins x WHERE x.id = ${ownCin} AND x.desired = 'present')`,
      problem: ({ request }) => unknownCin(request.cinID),
    },
  ],
  rows: [countOwn, removeCin],
  subjects: ownSubjects,
});
