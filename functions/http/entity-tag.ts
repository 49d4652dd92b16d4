import { entityTag, ifMatch } from '../../schema/api/fleet/entity-tag.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** Sets the entity tag of the revision in the answer. */
export function tag(c: AppContext, revision: number): void {
  c.header('etag', entityTag(revision));
}

/**
 * The revision that a write requires: the one that was just read, if `If-Match` names it; null without a condition.
 * Throws a 412 if `If-Match` names another revision.
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
