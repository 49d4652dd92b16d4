import type { Hono } from 'hono';
import { operationsQuerySchema } from '../schema/api/operations.ts';
import { Problem } from '../schema/problem.ts';
import type { AppContext, AppEnvironment } from './context.ts';
import { operationBody, selectOperation, selectOperations } from './intent/operation.ts';
import { waitForOperation } from './intent/wait.ts';
import { answerJson } from './middleware/json.ts';
import { servePath } from './middleware/methods.ts';
import { queryParameters } from './middleware/parameters.ts';
import { applyPreference } from './middleware/prefer.ts';

export function operations(app: Hono<AppEnvironment>): void {
  servePath(app, '/operations', { GET: list });
  servePath(app, '/operations/:id', { GET: get });
}

/** Newest first; `before` takes the last sequence of a page and gives the next. */
async function list(c: AppContext): Promise<Response> {
  const filter = queryParameters(c, operationsQuerySchema);
  const [rows] = await c.get('settings').database.read([selectOperations(filter)]);
  const next = rows.length === filter.limit ? rows.at(-1)?.sequence : undefined;
  return answerJson(c, { operations: rows.map(operationBody), ...(next === undefined ? {} : { next }) });
}

/** One operation; `Prefer: wait=N` waits for its end. */
async function get(c: AppContext): Promise<Response> {
  const { database, readBudget } = c.get('settings');
  const wait = applyPreference(c, 0);
  const id = c.req.param('id') ?? '';
  const [rows] = await database.read([selectOperation(id)]);
  const row = rows[0];
  if (row === undefined) throw new Problem('not_found', `There is no operation ${id}`);
  return answerJson(c, operationBody(wait === 0 ? row : await waitForOperation(database, row, wait, readBudget)));
}
