import { preconditionFailed } from '../../http/entity-tag.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Asked, Guard } from '../../operations/command-definition.ts';
import { foreignDomain, fromDomain } from './domain.ts';
import { type ReadDomain, readDomain } from './read.ts';

/** The domain that a request is to change. Throws as {@link readDomain}, and a 409 for one that weft did not make. */
export async function readOwnDomain(asked: Asked<{ readonly name: string }>): Promise<ReadDomain> {
  const { name } = asked.request;
  const found = await readDomain(asked, name);
  if (!found.body.managed) throw foreignDomain('conflict', name, found.body.hypervisor);
  return found;
}

/** Nobody has changed what is wanted since the client read it, if it asks for that; over `:revision`. */
export const isUnchanged: Guard<CommandContext> = {
  id: 'changed_meanwhile',
  holds: ({ ifMatch }) =>
    ifMatch === undefined ? null : `:revision IS NULL OR EXISTS (SELECT 1 ${fromDomain} AND d.generation = :revision)`,
  problem: preconditionFailed,
};
