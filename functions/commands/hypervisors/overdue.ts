import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { endOperations } from '../../../schema/statements/ending.ts';
import { takeBackNetworks } from '../../../schema/statements/networks.ts';

/**
 * Of hypervisors whose executor is not there to end them itself, what none ever claimed: what was claimed once may be on
 * the host, and waits for the look of the next start. `:now` is one time for the whole batch.
 */
const overdue = `
  SELECT o.sequence FROM hypervisors h
  CROSS JOIN operations o ON o.hypervisor = h.id AND o.status = 'pending' AND o.resource IS NOT NULL
  WHERE NOT ${alive('h')} AND o.attempt = 0 AND o.deadline_ms <= :now`;

const end = `
  UPDATE operations AS o SET status = 'failed', finished_ms = ${now}, epoch = NULL, lease_until_ms = NULL, key = NULL,
    error = json_set(:problem, '$.detail', x.detail, '$.message', x.detail)
  FROM (
    SELECT h.id, h.name || ' did not come back before the deadline; it was '
      || CASE WHEN h.last_seen_ms IS NULL THEN 'never seen'
           ELSE 'last seen ' || strftime('%Y-%m-%dT%H:%M:%SZ', h.last_seen_ms / 1000, 'unixepoch') END AS detail
    FROM hypervisors h
  ) x
  WHERE x.id = o.hypervisor AND o.sequence IN (${overdue})`;

/** Those that were ended just now: the others have no subjects any more. */
const ended = `
  SELECT DISTINCT s.sequence FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
  WHERE o.status = 'failed'`;

/**
 * Ends the operations that a dead hypervisor left until after their deadline, and takes back what they wanted. Answers
 * how many there were.
 */
export async function endOverdue(database: Database): Promise<number> {
  const [[clock]] = await database.read([statement<{ now: number }>(`SELECT ${now} AS now`)]);
  const at = { now: clock?.now ?? 0 };
  const [found] = await database.read([statement<{ sequence: number }>(overdue, at)]);
  if (found.length === 0) return 0;
  const problem = JSON.stringify(new Problem('deadline', ''));
  await database.write([
    ...takeBackNetworks(overdue, at),
    statement<never>(end, { problem, ...at }),
    ...endOperations(ended, {}),
  ]);
  return found.length;
}
