import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { purgeTables } from '../../../schema/resources/definition.ts';
import { contents, purgeResources } from '../../../schema/resources/registry.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { endOperations } from '../../../schema/statements/ending.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { byName } from '../../operations/targets/target.ts';
import { pluralize } from '../pluralize.ts';
import type { ReadHypervisor } from './read.ts';

const unfinished = `
  SELECT sequence FROM operations WHERE hypervisor = :id AND status = 'pending' AND resource IS NOT NULL
  UNION ALL
  SELECT sequence FROM operations WHERE hypervisor = :id AND status = 'running' AND resource IS NOT NULL`;

const end = `
  UPDATE operations SET status = 'cancelled', finished_ms = ${now}, error = :problem, epoch = NULL, lease_until_ms = NULL
  WHERE sequence IN (${unfinished})`;

/**
 * Those that were ended just now: the others have no subjects any more. The subjects of a hypervisor's operations are the
 * hypervisor itself and what stands behind its `/`, which "0" follows in ASCII.
 */
const ended = `
  SELECT DISTINCT s.sequence FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
  WHERE s.subject >= 'hypervisors/' || :id AND s.subject < 'hypervisors/' || :id || '0'
    AND o.hypervisor = :id AND o.status = 'cancelled'`;

/** What of a hypervisor is of no one kind of resource; the log stays. */
const purgeHypervisor = [
  ...purgeTables('host_names', 'orphans', 'reservations'),
  'DELETE FROM hypervisors WHERE id = :id',
];

/**
 * Removes a hypervisor that nothing lives on. `force`: whatever lives on it is forgotten, too, and its unfinished
 * operations end; the host is left as it is.
 */
export function removeHypervisor(
  { principal }: CommandContext,
  { body: was }: ReadHypervisor,
  force: boolean,
  revision: number | null,
): Intent {
  const operation = newId();
  const problem = new Problem('cancelled', `Hypervisor ${was.name} was removed`);
  const args = { id: was.id, hypervisor: was.id, problem: JSON.stringify(problem) };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'hypervisor.delete',
        on: byName(was.id),
        request: { id: was.id, name: was.name, force },
        principal,
        resource: `hypervisors/${was.id}`,
        status: 'succeeded',
        result: { was },
      }),
      ...guardRevision('hypervisors', was.id, revision, () => unknownHypervisor(was.id)),
      ...(force
        ? []
        : [
            guard(
              'executor_alive',
              `NOT EXISTS (SELECT 1 FROM hypervisors h WHERE h.id = :id AND ${alive('h')})`,
              args,
              executorAlive,
            ),
          ]),
      ...(force ? [] : [guard('not_empty', isEmpty, args, (database) => notEmpty(database, was.id))]),
      statement(end, args),
      ...endOperations(ended, args),
      ...[...purgeResources, ...purgeHypervisor].map((sql) => statement<never>(sql, args)),
    ],
    isLarge: force,
  };
}

const isEmpty = contents.map(({ table }) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE hypervisor = :id)`).join(' AND ');

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
