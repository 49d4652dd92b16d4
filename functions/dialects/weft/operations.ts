import { operationsQuerySchema } from '../../../schema/api/operations.ts';
import { cancelOperation } from '../../commands/operations/cancel.ts';
import { retryOperation } from '../../commands/operations/retry.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { queryParameters } from '../../http/parameters.ts';
import { readPreference, WAIT_MAX_SECONDS } from '../../http/prefer.ts';
import { commandContext } from '../../operations/command-context.ts';
import { readOperations } from '../../operations/list.ts';
import {
  existingOperation,
  isFinished,
  type OperationRow,
  operationBody,
  readOperation,
} from '../../operations/operation.ts';
import { accept, answerOperation, submitAsynchronously, waitAsPreferred } from '../../operations/submit.ts';

/** GET /operations: newest first; `before` takes the `next` of a page, and returns the following page. */
export async function list(c: AppContext): Promise<Response> {
  const { rows, next } = await readOperations(c.get('settings').database, queryParameters(c, operationsQuerySchema));
  return answerJson(c, { operations: rows.map(operationBody), ...(next === undefined ? {} : { next }) });
}

/** GET /operations/{id}: one; `Prefer: wait=N` waits for its end. */
export async function get(c: AppContext): Promise<Response> {
  const preference = readPreference(c.req.header('prefer'), 0);
  const row = await operationOfPath(c);
  await waitAsPreferred(c, row, preference);
  return preference.wait === 0 ? answerJson(c, operationBody(row)) : answerOperation(c, row.id);
}

/**
 * POST /operations/{id}/cancel: answers the operation when it has ended: 200, with `cancelled` unless it ended
 * otherwise first; 202 while it is rolled back.
 */
export async function cancel(c: AppContext): Promise<Response> {
  const { database } = c.get('settings');
  const preference = readPreference(c.req.header('prefer'), WAIT_MAX_SECONDS);
  const asked = await accept(c, () => cancelOperation.prepare(commandContext(c), { operation: targetOf(c) }));
  c.header('operation-id', asked.id);
  const target = await readOperation(database, targetOf(c));
  // The cancelled operation may be purged before its cancellation is.
  if (target === undefined) return answerOperation(c, asked.id);
  const row = await waitAsPreferred(c, target, preference);
  if (!isFinished(row)) c.header('location', `/operations/${row.id}`);
  return answerOperation(c, row.id, isFinished(row) ? 200 : 202);
}

/** POST /operations/{id}/retry: repeats the request of a failed or cancelled operation as a new one. */
export async function retry(c: AppContext): Promise<Response> {
  return submitAsynchronously(c, async () => retryOperation(commandContext(c), await operationOfPath(c)));
}

function targetOf(c: AppContext): string {
  return c.req.param('id') ?? '';
}

function operationOfPath(c: AppContext): Promise<OperationRow> {
  return existingOperation(c.get('settings').database, targetOf(c));
}
