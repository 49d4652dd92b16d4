import { Problem } from '../../problem.ts';

export function entityTag(revision: number): string {
  return `"${revision}"`;
}

const tag = '(?:W/)?"[!#-~\\x80-\\uffff]*"';
/** Elements may be empty, but not all. No character can be matched in two ways: the time stays linear. */
const list = new RegExp(`^[ \\t,]*(?:${tag}[ \\t]*(?:,[ \\t,]*|$))+$`);

/**
 * Whether an If-Match (RFC 9110, section 13.1.1) permits a change of this revision: `*`, or a list that contains its
 * tag; weak tags match nothing. Throws a {@link Problem} 400 if the header is malformed.
 */
export function ifMatch(header: string, revision: number): boolean {
  if (header.trim() === '*') return true;
  if (!list.test(header)) {
    throw new Problem('malformed', 'invalid If-Match: expected a list of entity tags', {
      errors: [{ parameter: 'If-Match', detail: 'must be * or a list of entity tags such as "7"' }],
    });
  }
  const tags: readonly string[] = header.match(new RegExp(tag, 'g')) ?? [];
  return tags.includes(entityTag(revision));
}
