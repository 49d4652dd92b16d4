import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** The request's body as text. Throws {@link Problem} 400 where the client broke off before its end. */
export function bodyText(c: AppContext): Promise<string> {
  return c.req.text().catch(brokenOff);
}

/** What reading a body threw, as a 400 that nobody reads and nobody logs; the limit of its size is a problem of ours. */
export function brokenOff(cause: unknown): never {
  if (cause instanceof Problem) throw cause;
  throw new Problem('malformed', 'The request body is incomplete', { cause });
}
