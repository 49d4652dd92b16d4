import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** The request's body as text. Throws {@link Problem} 400 if the client aborted the upload. */
export function bodyText(c: AppContext): Promise<string> {
  return c.req.text().catch(brokenOff);
}

/**
 * Converts an error while reading a body to a 400, which is not logged; a {@link Problem} (body too large) is thrown as
 * it is.
 */
export function brokenOff(cause: unknown): never {
  if (cause instanceof Problem) throw cause;
  throw new Problem('malformed', 'The request body is incomplete', { cause });
}
