import * as v from 'valibot';
import { type Database, now } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { rollbackResources } from '../../../schema/resources/registry.ts';
import { endOperations } from '../../../schema/statements/ending.ts';
import { defineCommand } from '../../operations/command.ts';
import { existingOperation, isFinished, type OperationRow, readOperation } from '../../operations/operation.ts';
import { byId, none } from '../../operations/targets/target.ts';

/**
 * The operation and its parts. `+status` beside it: the indexes of statuses select far more operations than these keys do.
 */
const meant = `(id = :target OR parent = (SELECT sequence FROM operations WHERE id = :target))`;

const ask = `
  UPDATE operations SET cancel_ms = ${now}, not_before_ms = 0
  WHERE ${meant} AND +status IN ('pending', 'running') AND cancel_ms IS NULL`;

/**
 * Pending operations that have changed nothing on the host. One that has begun and waits for its next attempt is undone
 * by its executor.
 */
const untouched = `
  SELECT sequence FROM operations
  WHERE ${meant} AND +status = 'pending' AND attempt = 0 AND resource IS NOT NULL AND cancel_ms IS NOT NULL`;

const end = `UPDATE operations SET status = 'cancelled', finished_ms = ${now}, error = :problem WHERE sequence IN (${untouched})`;

/** The operations that this batch has just ended: operations that ended before have no subjects. */
const ended = `
  SELECT sequence FROM operations
  WHERE ${meant} AND +status = 'cancelled' AND EXISTS (SELECT 1 FROM operation_subjects s WHERE s.sequence = operations.sequence)`;

const rollback = rollbackResources(untouched, {}).map(({ sql }) => sql);
const freeEnded = endOperations(ended, {}).map(({ sql }) => sql);

/**
 * Limits for the containers that the operation is about, and for the characters of its parts' names: a few hundred of
 * each.
 */
const LARGE_TOTAL = 300;
const LARGE_SUBJECTS = 20_000;

/**
 * Cancels an operation: at once if it has not begun; else its executor stops before the next step and rolls it back.
 */
export const cancelOperation = defineCommand({
  kind: 'operation.cancel',
  role: 'operator',
  request: v.object({ operation: v.string() }),
  read: async ({ database, request }) => {
    const target = await existingOperation(database, request.operation);
    if (isFinished(target)) throw hasEnded(target);
    return target;
  },
  // Its hypervisor may have been removed.
  target: ({ found }) => (found.hypervisor_name === null ? none : byId(found.hypervisor ?? '')),
  resource: ({ found }) => `operations/${found.id}`,
  status: 'succeeded',
  arguments: ({ principal, found }) => ({
    target: found.id,
    problem: JSON.stringify(new Problem('cancelled', `The operation was cancelled by ${principal} before it began`)),
  }),
  guards: [
    {
      id: 'ended',
      holds: "EXISTS (SELECT 1 FROM operations WHERE id = :target AND status IN ('pending', 'running'))",
      problem: ({ database, found }) => endedProblem(database, found),
    },
  ],
  rows: [ask, ...rollback, end, ...freeEnded],
  isLarge: ({ found }) => found.total_all >= LARGE_TOTAL || found.subjects.length >= LARGE_SUBJECTS,
});

async function endedProblem(database: Database, target: OperationRow): Promise<Problem> {
  return hasEnded((await readOperation(database, target.id)) ?? target);
}

function hasEnded({ id, status }: OperationRow): Problem {
  return new Problem('conflict', `Operation ${id} has already ended with status ${status}`, {
    hint: 'Only a pending or running operation can be cancelled',
  });
}
