import { Problem } from '../../problem.ts';

/** The strong entity tag of a revision. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

const tag = /(?:W\/)?"[!#-~\x80-\uffff]*"/g;

/** What no header has. */
const PLACE = '\0';

/**
 * Whether an If-Match (RFC 9110, section 13.1.1) allows a change of what is at this revision: `*`, or a list with its
 * tag; weak tags match nothing. Throws a {@link Problem} 400 for what is no such header.
 */
export function ifMatch(header: string, revision: number): boolean {
  if (header.trim() === '*') return true;
  const items = header.replaceAll(tag, PLACE).split(',');
  const tags: readonly string[] = header.match(tag) ?? [];
  if (tags.length === 0 || !items.every((item) => ['', PLACE].includes(item.trim()))) {
    throw new Problem('invalid', 'If-Match is no list of entity tags', {
      errors: [{ parameter: 'If-Match', detail: 'must be * or a list of entity tags such as "7"' }],
    });
  }
  return tags.includes(entityTag(revision));
}
