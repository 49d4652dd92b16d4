import * as v from 'valibot';
import { cpoolIdSchema } from '../../../schema/api/leviathan-pools.ts';
import { DELETE_POOL } from '../../../schema/resources/network/pools.ts';
import { defineCommand } from '../../operations/command.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { poolResource, unknownPool } from './pool.ts';
import { readPool } from './read.ts';
import { ownChanges, removePool } from './statements.ts';

/** Removes a pool and all its containers; its networks stay. */
export const deletePool = defineCommand({
  kind: DELETE_POOL,
  role: 'operator',
  request: v.object({ cpoolID: cpoolIdSchema }),
  read: (asked) => readPool(asked, asked.request.cpoolID),
  target: ({ found }) => byName(found.hypervisors[0] ?? ''),
  resource: poolResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ pool: request.cpoolID }),
  guards: [
    {
      id: 'unknown_pool',
      holds: `EXISTS (SELECT 1 FROM cpools k WHERE k.hypervisor = ${hypervisor} AND k.name = :pool AND k.desired = 'present')`,
      problem: ({ request }) => unknownPool(request.cpoolID),
    },
  ],
  rows: [ownChanges.removeMembers, ownChanges.removeContainers, removePool, ownChanges.count],
  subjects: ownChanges.subjects,
});
