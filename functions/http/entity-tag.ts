import { entityTag, ifMatch } from '../../schema/api/fleet/entity-tag.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** Says which revision the answer shows. */
export function tag(c: AppContext, revision: number): void {
  c.header('etag', entityTag(revision));
}

/**
 * The revision that a write insists on: the one that was just read, where the client named it; null where it does not
 * care. Throws a 412 where the client has seen another.
 */
export function expectedRevision(header: string | undefined, revision: number): number | null {
  if (header === undefined) return null;
  if (!ifMatch(header, revision)) throw preconditionFailed();
  return header.trim() === '*' ? null : revision;
}

export function preconditionFailed(): Problem {
  return new Problem('precondition_failed', 'Precondition failed: If-Match does not match the current ETag', {
    hint: 'Read the resource again and send the change with its current ETag',
    errors: [{ parameter: 'If-Match', detail: 'does not match' }],
  });
}
