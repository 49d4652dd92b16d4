import * as v from 'valibot';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { purgeTables } from '../../../schema/resources/definition.ts';
import { contents, purgeResources } from '../../../schema/resources/registry.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { endOperations } from '../../../schema/statements/ending.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import { revisionGuards } from '../../operations/conflict.ts';
import { byId } from '../../operations/targets/target.ts';
import { pluralize } from '../pluralize.ts';
import { hypervisorResource, missingHypervisor } from './hypervisor.ts';
import { readNamedHypervisor } from './read.ts';

const unfinished = `
  SELECT sequence FROM operations INDEXED BY operations_claim WHERE hypervisor = :id AND status = 'pending' AND resource IS NOT NULL
  UNION ALL
  SELECT sequence FROM operations INDEXED BY operations_running WHERE hypervisor = :id AND status = 'running' AND resource IS NOT NULL`;

const end = `
  UPDATE operations SET status = 'cancelled', finished_ms = ${now}, error = :problem, epoch = NULL, lease_until_ms = NULL
  WHERE sequence IN (${unfinished})`;

/**
 * The operations that this batch has just ended: operations that ended before have no subjects. Subjects of a
 * hypervisor's operations are the hypervisor itself and everything that starts with its name and `/`; "0" follows `/`
 * in ASCII.
 */
const ended = `
  SELECT DISTINCT s.sequence FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
  WHERE s.subject >= 'hypervisors/' || :id AND s.subject < 'hypervisors/' || :id || '0'
    AND o.hypervisor = :id AND o.status = 'cancelled'`;

/** The rows of a hypervisor that belong to no kind of resource; the log stays. */
const purgeHypervisor = [
  ...purgeTables('host_names', 'orphans', 'reservations'),
  'DELETE FROM hypervisors WHERE id = :id',
];

const isEmpty = contents.map(({ table }) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE hypervisor = :id)`).join(' AND ');

const notAlive = `NOT EXISTS (SELECT 1 FROM hypervisors h WHERE h.id = :id AND ${alive('h')})`;

const unlessForced = (condition: string) => (input: { readonly request: { readonly force: boolean } }) =>
  input.request.force ? null : condition;

/**
 * Removes a hypervisor that has no resources. `force`: its resources are purged, too, and its unfinished operations
 * end; the host is not changed.
 */
export const removeHypervisor = defineCommand({
  kind: 'hypervisor.delete',
  role: 'operator',
  request: v.object({ force: v.boolean() }),
  read: readNamedHypervisor,
  encode: ({ request: { force }, found: { body } }) => ({ ...{ id: body.id, name: body.name }, force }),
  target: ({ found }) => byId(found.body.id),
  resource: hypervisorResource,
  status: 'succeeded',
  result: ({ found }) => ({ was: found.body }),
  arguments: ({ found, ifMatch }) => ({
    id: found.body.id,
    hypervisor: found.body.id,
    revision: expectedRevision(ifMatch, found.revision),
    problem: JSON.stringify(new Problem('cancelled', `Hypervisor ${found.body.name} was removed`)),
  }),
  guards: [
    ...revisionGuards('hypervisors', missingHypervisor),
    { id: 'executor_alive', holds: unlessForced(notAlive), problem: executorAlive },
    {
      id: 'not_empty',
      holds: unlessForced(isEmpty),
      problem: ({ database, found }) => notEmpty(database, found.body.id),
    },
  ],
  rows: [end, ...endOperations(ended, {}).map(({ sql }) => sql), ...purgeResources, ...purgeHypervisor],
  isLarge: ({ request }) => request.force,
});

function executorAlive(): Problem {
  return new Problem('conflict', 'The executor of this hypervisor is alive and would register it again', {
    hint: 'Stop its executor first; ?force=true removes everything at once',
  });
}

async function notEmpty(database: Database, id: string): Promise<Problem> {
  const found = await database.read(
    contents.map(({ table }) =>
      statement<{ count: number }>(`SELECT count(*) AS count FROM ${table} WHERE hypervisor = :id`, { id }),
    ),
  );
  const counts = contents.flatMap(({ words }, place) => {
    const count = found[place]?.[0]?.count ?? 0;
    return count > 0 ? [pluralize(count, ...words)] : [];
  });
  return new Problem('conflict', `The hypervisor is not empty: ${counts.join(', ')}`, {
    hint: 'Delete them first; ?force=true removes their records and leaves the host unchanged',
  });
}
