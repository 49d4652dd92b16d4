import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppEnvironment } from './context.ts';
import { databaseProblem } from './database-problem.ts';

/** Value of `Retry-After` when the service is unavailable, in seconds. */
export const RETRY_AFTER_SECONDS = '1';

/** Answers whatever a handler threw as problem+json (RFC 9457); an unexpected error is a 500 without details. */
export function answerProblem(error: unknown, c: Context<AppEnvironment>): Response {
  const problem = asProblem(error);
  if (problem.code === 'internal') c.get('settings')?.report(error, c.get('requestId'));
  return problemResponse(problem, c);
}

export function problemResponse(problem: Problem, c: Context<AppEnvironment>): Response {
  const requestId = c.get('requestId');
  return c.body(
    JSON.stringify({ ...problem.toJSON(), request_id: requestId }),
    problem.status as ContentfulStatusCode,
    {
      'content-type': 'application/problem+json',
      ...(problem.code === 'unavailable' ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
      ...problem.headers,
    },
  );
}

/** Converts whatever was thrown to a {@link Problem}; an unexpected error is a 500 without details. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const database = error instanceof DatabaseError ? databaseProblem(error) : undefined;
  if (database !== undefined) return database;
  if (error instanceof HTTPException && error.status < 500)
    return new Problem('malformed', error.message, { cause: error });
  return new Problem('internal', 'Internal error; the log has the details under this request id', {
    cause: error,
  });
}
