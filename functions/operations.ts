import type { Hono } from 'hono';
import { operationsQuerySchema } from '../schema/api/operations.ts';
import { Problem } from '../schema/problem.ts';
import { cancelOperation } from './commands/operations/cancel.ts';
import { retryOperation } from './commands/operations/retry.ts';
import type { AppContext, AppEnvironment } from './context.ts';
import { isFinished, type OperationRow, operationBody, readOperation } from './intent/operation.ts';
import { readOperations } from './intent/operation-list.ts';
import { accept, answerOperation, submitAsynchronously, waitAsPreferred } from './intent/submit.ts';
import { answerJson } from './middleware/json.ts';
import { servePath } from './middleware/methods.ts';
import { queryParameters } from './middleware/parameters.ts';
import { readPreference, WAIT_MAX_SECONDS } from './middleware/prefer.ts';

export function operations(app: Hono<AppEnvironment>): void {
  servePath(app, '/operations', { GET: list });
  servePath(app, '/operations/:id', { GET: get });
  servePath(app, '/operations/:id/cancel', { POST: cancel });
  servePath(app, '/operations/:id/retry', { POST: retry });
}

/** Newest first; `before` takes a page's `next`, and gives the page after it. */
async function list(c: AppContext): Promise<Response> {
  const { rows, next } = await readOperations(c.get('settings').database, queryParameters(c, operationsQuerySchema));
  return answerJson(c, { operations: rows.map(operationBody), ...(next === undefined ? {} : { next }) });
}

/** One operation; `Prefer: wait=N` waits for its end. */
async function get(c: AppContext): Promise<Response> {
  const preference = readPreference(c.req.header('prefer'), 0);
  const row = await named(c);
  await waitAsPreferred(c, row, preference);
  return preference.wait === 0 ? answerJson(c, operationBody(row)) : answerOperation(c, row.id);
}

/** Answers the operation when it has ended: 200, `cancelled` unless its end came first; 202 while it is undone. */
async function cancel(c: AppContext): Promise<Response> {
  const { database } = c.get('settings');
  const preference = readPreference(c.req.header('prefer'), WAIT_MAX_SECONDS);
  const asked = await accept(c, async () => cancelOperation(database, c.get('principal'), await named(c)));
  c.header('operation-id', asked.id);
  const target = await readOperation(database, targetOf(c));
  // What was cancelled may be forgotten before its cancellation is.
  if (target === undefined) return answerOperation(c, asked.id);
  const row = await waitAsPreferred(c, target, preference);
  if (!isFinished(row)) c.header('location', `/operations/${row.id}`);
  return answerOperation(c, row.id, isFinished(row) ? 200 : 202);
}

/** Files the request of an operation that failed or was cancelled as a new one. */
async function retry(c: AppContext): Promise<Response> {
  return submitAsynchronously(c, async () =>
    retryOperation(c.get('settings').database, c.get('principal'), await named(c)),
  );
}

function targetOf(c: AppContext): string {
  return c.req.param('id') ?? '';
}

async function named(c: AppContext): Promise<OperationRow> {
  const id = targetOf(c);
  const row = await readOperation(c.get('settings').database, id);
  if (row === undefined) throw new Problem('not_found', `There is no operation ${id}`);
  return row;
}
