import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { rollbackResources } from '../../../schema/resources/registry.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { endOperations } from '../../../schema/statements/ending.ts';

/** How many operations one batch ends; batches are repeated until none is left. */
const AT_ONCE = 200;

/**
 * Operations that were never claimed, on hypervisors whose executor was not alive at a given time. An operation that
 * was claimed may have changed the host: it ends after the executor's next start, or when its hypervisor is removed.
 */
const expired = (at: string) => `
  o.hypervisor = h.id AND o.status = 'pending' AND o.resource IS NOT NULL
  AND NOT ${alive('h', at)} AND o.attempt = 0 AND o.deadline_ms <= ${at}`;

const find = `
  SELECT o.sequence, t.now FROM (SELECT ${now} AS now) t CROSS JOIN hypervisors h CROSS JOIN operations o INDEXED BY operations_claim
  WHERE ${expired('t.now')}
  ORDER BY o.sequence LIMIT ${AT_ONCE}`;

/** The operations that were found before and still match. */
const which = `
  SELECT o.sequence FROM json_each(:found) j CROSS JOIN operations o CROSS JOIN hypervisors h
  WHERE o.sequence = j.value AND ${expired(':now')}`;

const end = `
  UPDATE operations AS o SET status = 'failed', finished_ms = :now, key = NULL,
    error = json_set(:problem, '$.detail', x.detail, '$.message', x.detail)
  FROM (
    SELECT h.id, h.name || ' did not come back before the deadline; it was '
      || CASE WHEN h.last_seen_ms IS NULL THEN 'never seen'
           ELSE 'last seen ' || strftime('%Y-%m-%dT%H:%M:%SZ', h.last_seen_ms / 1000, 'unixepoch') END AS detail
    FROM hypervisors h
  ) x
  WHERE x.id = o.hypervisor AND o.sequence IN (${which})`;

/** The operations that this batch has just ended: operations that ended before have no subjects. */
const ended = `
  SELECT DISTINCT s.sequence FROM json_each(:found) j CROSS JOIN operation_subjects s ON s.sequence = j.value
  CROSS JOIN operations o ON o.sequence = s.sequence
  WHERE o.status = 'failed'`;

/**
 * Fails the operations that were not begun before their deadline because their hypervisor is dead, and rolls back their
 * rows. All statements use the time at which the operations were found. Returns their number.
 */
export async function expireOperations(database: Database): Promise<number> {
  let count = 0;
  for (;;) {
    const found = await findExpired(database);
    const [first] = found;
    if (first === undefined) return count;
    await endExpired(
      database,
      found.map(({ sequence }) => sequence),
      first.now,
    );
    count += found.length;
    if (found.length < AT_ONCE) return count;
  }
}

interface Found {
  readonly sequence: number;
  readonly now: number;
}

async function findExpired(database: Database): Promise<Found[]> {
  const [found] = await database.read([statement<Found>(find)], { call: 'expire' });
  return found;
}

async function endExpired(database: Database, sequences: readonly number[], at: number): Promise<void> {
  const args = { found: JSON.stringify(sequences), now: at };
  const problem = JSON.stringify(new Problem('deadline', ''));
  await database.write(
    [...rollbackResources(which, args), statement<never>(end, { ...args, problem }), ...endOperations(ended, args)],
    { call: 'expire' },
  );
}
