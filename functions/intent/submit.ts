import { Problem, type ProblemDetails } from '../../schema/problem.ts';
import type { AppContext } from '../context.ts';
import { applyPreference, WAIT_MAX_SECONDS } from '../middleware/prefer.ts';
import { type Intent, record } from './intent.ts';
import { isFinished, type OperationRow, operationBody } from './operation.ts';
import { waitForOperation } from './wait.ts';

/** How a dialect answers a write whose operation succeeded. */
export type Encode = (operation: OperationRow) => Response | Promise<Response>;

/** A write that answers when its work is done, as the older daemons did; later than that it is a 202. */
export function submit(c: AppContext, intent: Intent, encode: Encode): Promise<Response> {
  return submitWaiting(c, intent, encode, WAIT_MAX_SECONDS);
}

/** A write whose client is answered 202 at once unless it asks to wait: then 200 and the finished operation. */
export function submitAsynchronously(c: AppContext, intent: Intent): Promise<Response> {
  return submitWaiting(c, intent, (operation) => c.json(operationBody(operation)), 0);
}

async function submitWaiting(c: AppContext, intent: Intent, encode: Encode, otherwise: number): Promise<Response> {
  const { database, readBudget } = c.get('settings');
  const wait = applyPreference(c, otherwise);
  const accepted = await record(database, intent);
  const operation = wait === 0 ? accepted : await waitForOperation(database, accepted, wait, readBudget);
  c.header('operation-id', operation.id);
  if (wait === 0 || !isFinished(operation)) {
    c.header('location', `/operations/${operation.id}`);
    return c.json(operationBody(operation), 202);
  }
  if (operation.status === 'succeeded') return encode(operation);
  throw failure(operation);
}

function failure(operation: OperationRow): Problem {
  const details: ProblemDetails | null = operation.error === null ? null : JSON.parse(operation.error);
  if (details) return Problem.from(details);
  return new Problem('internal', `Operation ${operation.id} ended as ${operation.status} without a reason`);
}
