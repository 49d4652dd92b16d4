import { now, type Statement, statement, type Value } from '../database/database.ts';
import { memoize } from '../database/memoize.ts';
import { isLogged } from './unlogged.ts';

/*
 * Statements for the end of operations, both of the executor that ran them and of the API that cancels operations which
 * have not begun. `which` is SQL for the sequences of the operations, over the arguments.
 */

export type Arguments = Readonly<Record<string, Value>>;

/**
 * Follows the statements that set the status of the operations: frees their subjects, writes the events of their ends,
 * and ends parents whose last part was among them, if any of them is a `part`.
 */
export function endOperations(which: string, args: Arguments, parts = true): Statement<never>[] {
  return (parts ? endParts(which) : endWhole(which)).map((sql) => statement(sql, args));
}

const endWhole = memoize((which: string) => {
  const ended = `sequence IN (${which})`;
  return [insertEvents(ended), freeSubjects(ended)];
});

const endParts = memoize((which: string) => {
  const ended = `sequence IN (${which})`;
  const parents = `
    status IN ('pending', 'running') AND sequence IN (SELECT parent FROM operations WHERE parent IS NOT NULL AND ${ended})
    AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = operations.sequence AND c.status IN ('pending', 'running'))`;
  const justEnded = `
    sequence IN (SELECT parent FROM operations WHERE parent IS NOT NULL AND ${ended})
    AND status NOT IN ('pending', 'running')`;
  return [insertEvents(ended), finishParents(parents), insertEvents(justEnded), freeSubjects(ended)];
});

function freeSubjects(which: string): string {
  return `DELETE FROM operation_subjects WHERE ${which}`;
}

function insertEvents(which: string): string {
  return `
    INSERT INTO events (at_ms, hypervisor, type, subject, data)
    SELECT finished_ms, hypervisor, 'operation.' || status, coalesce(resource, 'operations/' || id),
      json_object('operation', id, 'kind', kind, 'error', error ->> '$.detail')
    FROM operations WHERE ${which} AND ${isLogged} ORDER BY sequence`;
}

function partsOf(status: string): string {
  return `FROM operations c WHERE c.parent = operations.sequence AND c.status = '${status}'`;
}

/** A parent fails if a part failed, and is cancelled if one was cancelled; its error is that of the first such part. */
function finishParents(which: string): string {
  const error = (status: string) => `
    (SELECT json_set(c.error,
        '$.detail', (SELECT count(*) ${partsOf(status)}) || ' of ' || (SELECT count(*) FROM operations p WHERE p.parent = operations.sequence)
          || ' ${status === 'failed' ? 'failed' : 'were cancelled'}: ' || (c.error ->> '$.detail'),
        '$.message', c.error ->> '$.detail') ${partsOf(status)} ORDER BY c.sequence LIMIT 1)`;
  return `
    UPDATE operations SET finished_ms = ${now},
      status = CASE WHEN EXISTS (SELECT 1 ${partsOf('failed')}) THEN 'failed' WHEN EXISTS (SELECT 1 ${partsOf('cancelled')}) THEN 'cancelled'
        ELSE 'succeeded' END,
      done = (SELECT sum(done) FROM operations c WHERE c.parent = operations.sequence),
      total = (SELECT sum(total) FROM operations c WHERE c.parent = operations.sequence),
      error = coalesce(${error('failed')}, ${error('cancelled')})
    WHERE ${which}`;
}
