import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Problem } from '../../../schema/problem.ts';
import type { AppContext } from '../../http/context.ts';
import { RETRY_AFTER_SECONDS } from '../../http/problem.ts';

/* spp-ctl's answers: JSON without a trailing newline if there is a body, 204 if not, and errors as text. */

export function answerBody(c: AppContext, json: string): Response {
  return c.body(json, 200, { 'content-type': 'application/json' });
}

export function answerNothing(c: AppContext): Response {
  return c.body(null, 204);
}

/**
 * Its clients show the text as it is. A browser must not render it as a page, since it may repeat parts of the request.
 */
export function answerText(c: AppContext, { code, message, status, headers }: Problem): Response {
  return c.body(message, status as ContentfulStatusCode, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    ...(code === 'unavailable' ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
    ...headers,
  });
}
