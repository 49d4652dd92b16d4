import { Problem, type ProblemDetails } from '../../schema/problem.ts';
import type { AppContext } from '../context.ts';
import { answerJson } from '../middleware/json.ts';
import { applyPreference, WAIT_MAX_SECONDS } from '../middleware/prefer.ts';
import { findByKey, readIdempotencyKey } from './idempotency.ts';
import { type Intent, record } from './intent.ts';
import { type AcceptedOperation, isFinished, operationBody, readOperation } from './operation.ts';
import { waitForOperation } from './wait.ts';

/** How a dialect answers a write whose operation succeeded. */
export type Encode = (operation: AcceptedOperation) => Response | Promise<Response>;

/** Says what a write means; not asked when the client's idempotency key names an operation that is there already. */
export type Intend = () => Intent | Promise<Intent>;

/** A write that answers when its work is done, as the older daemons did; later than that it is a 202. */
export function submit(c: AppContext, intend: Intend, encode: Encode): Promise<Response> {
  return submitWaiting(c, intend, encode, WAIT_MAX_SECONDS);
}

/** A write whose client is answered 202 at once unless it asks to wait: then 200 and the finished operation. */
export function submitAsynchronously(c: AppContext, intend: Intend): Promise<Response> {
  return submitWaiting(c, intend, ({ id }) => answerOperation(c, id), 0);
}

/** Answers the operation as it is now. Throws a 404 for one that is not there. */
export async function answerOperation(c: AppContext, id: string, status?: 200 | 202): Promise<Response> {
  const operation = await readOperation(c.get('settings').database, id);
  if (operation === undefined) throw new Problem('not_found', `There is no operation ${id}`);
  return answerJson(c, operationBody(operation), status ?? 200);
}

/** A removal answers the resource as it was. */
export function submitRemoval(c: AppContext, intend: Intend): Promise<Response> {
  return submit(c, intend, ({ result }) => answerJson(c, JSON.parse(result ?? '{}').was));
}

async function submitWaiting(c: AppContext, intend: Intend, encode: Encode, otherwise: number): Promise<Response> {
  const { database, readBudget } = c.get('settings');
  const wait = applyPreference(c, otherwise);
  const accepted = await accept(c, intend);
  const operation = await waitForOperation(database, accepted, wait, readBudget);
  c.header('operation-id', operation.id);
  if (wait === 0 || !isFinished(operation)) {
    c.header('location', `/operations/${operation.id}`);
    return answerOperation(c, operation.id, 202);
  }
  if (operation.status === 'succeeded') return encode(operation);
  throw failure(operation);
}

/** Records what the request means, or finds the operation that its idempotency key named before. */
export async function accept(c: AppContext, intend: Intend): Promise<AcceptedOperation> {
  const { database } = c.get('settings');
  const key = await readIdempotencyKey(c);
  const earlier = key && (await findByKey(database, key));
  return earlier ?? record(database, await intend(), key);
}

function failure(operation: AcceptedOperation): Problem {
  const details: ProblemDetails | null = operation.error === null ? null : JSON.parse(operation.error);
  if (details) return Problem.from(details);
  return new Problem('internal', `Operation ${operation.id} ended as ${operation.status} without a reason`);
}
