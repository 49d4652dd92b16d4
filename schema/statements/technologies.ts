import type { Technology } from '../api/capabilities.ts';

/** By the first word of an operation's kind: the technology of the host that does its work. */
const technologies: ReadonlyMap<string, Technology> = new Map([
  ['cen', 'netns'],
  ['container', 'netns'],
  ['network', 'netns'],
  ['bridges', 'netns'],
  ['spp', 'spp'],
]);

/** Of a whole kind, where its first word is of something else, too. */
const exceptions: ReadonlyMap<string, Technology> = new Map([['subnets.change', 'netns']]);

/** Which technology an operation of this kind needs; undefined: none, or several. */
export function technologyOf(kind: string): Technology | undefined {
  return exceptions.get(kind) ?? technologies.get(kind.slice(0, kind.indexOf('.')));
}

/**
 * Whether a hypervisor, `alias` in the query, has a technology, 0 or 1. One that is away counts: what needs it is accepted
 * and waits.
 */
export function has(alias: string, technology: Technology): string {
  const member = (name: string) => `${alias}.capabilities ->> '$.${technology}.${name}'`;
  return `coalesce(${member('available')} OR ${member('away')}, 0)`;
}
