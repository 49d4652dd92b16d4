import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { AppContext } from './context.ts';

/** An answer as JSON, with a trailing newline for terminals. */
export function answerJson(c: AppContext, body: unknown, status: ContentfulStatusCode = 200): Response {
  return c.body(`${JSON.stringify(body)}\n`, status, { 'content-type': 'application/json' });
}
