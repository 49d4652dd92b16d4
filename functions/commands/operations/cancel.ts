import { type Database, now, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { rollbackResources } from '../../../schema/resources/registry.ts';
import { endOperations } from '../../../schema/statements/ending.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { isFinished, type OperationRow, selectOperation } from '../../operations/operation.ts';
import { byName, none } from '../../operations/targets/target.ts';

/** The operation, and what is left of its parts. */
const meant = `(id = :target OR parent = (SELECT sequence FROM operations WHERE id = :target))`;

const ask = `
  UPDATE operations SET cancel_ms = ${now}, not_before_ms = 0
  WHERE ${meant} AND status IN ('pending', 'running') AND cancel_ms IS NULL`;

/** Nothing on the host is theirs. What has begun, and only waits for its next try, is its executor's to undo. */
const untouched = `
  SELECT sequence FROM operations
  WHERE ${meant} AND status = 'pending' AND attempt = 0 AND resource IS NOT NULL AND cancel_ms IS NOT NULL`;

const end = `UPDATE operations SET status = 'cancelled', finished_ms = ${now}, error = :problem WHERE sequence IN (${untouched})`;

/** Those that were ended just now: the others have no subjects any more. */
const ended = `
  SELECT sequence FROM operations
  WHERE ${meant} AND status = 'cancelled' AND EXISTS (SELECT 1 FROM operation_subjects s WHERE s.sequence = operations.sequence)`;

/** Of the containers that the operation is about, and of the characters that name its parts: a few hundreds of either. */
const LARGE_TOTAL = 300;
const LARGE_SUBJECTS = 20_000;

/**
 * Cancels an operation: at once where nobody has begun it; else its executor stops before its next step and takes
 * back what was done.
 */
export function cancelOperation(principal: string, target: OperationRow): Intent {
  if (isFinished(target)) throw hasEnded(target);
  const operation = newId();
  const problem = new Problem('cancelled', `The operation was cancelled by ${principal} before it began`);
  const args = { target: target.id, problem: JSON.stringify(problem.toJSON()) };
  return {
    operation,
    statements: [
      guard(
        'ended',
        `EXISTS (SELECT 1 FROM operations WHERE id = :target AND status IN ('pending', 'running'))`,
        args,
        (database) => endedProblem(database, target),
      ),
      insertOperation({
        operation,
        kind: 'operation.cancel',
        on: target.hypervisor_name === null ? none : byName(target.hypervisor_name),
        request: { operation: target.id },
        principal,
        resource: `operations/${target.id}`,
        status: 'succeeded',
      }),
      statement(ask, args),
      ...rollbackResources(untouched, args),
      statement(end, args),
      ...endOperations(ended, args),
    ],
    isLarge: target.total_all >= LARGE_TOTAL || target.subjects.length >= LARGE_SUBJECTS,
  };
}

async function endedProblem(database: Database, target: OperationRow): Promise<Problem> {
  const [rows] = await database.read([selectOperation(target.id)]);
  return hasEnded(rows[0] ?? target);
}

function hasEnded({ id, status }: OperationRow): Problem {
  return new Problem('conflict', `Operation ${id} has already ended with status ${status}`, {
    hint: 'Only a pending or running operation can be cancelled',
  });
}
