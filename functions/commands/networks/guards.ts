import type { CommandContext } from '../../operations/command-context.ts';
import type { Constraint, Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { capableOf } from '../../operations/targets/target.ts';
import { linkConflict, type RequestedNames } from './link-conflict.ts';
import { noneTooLarge } from './member-statements.ts';
import { cenFull, noNamespaces, noNumberLeft, onOtherHypervisor } from './problems.ts';

/** The names that a request has. */
type NamesOf<From> = (input: From) => RequestedNames;

/** The hypervisor's executor can make namespaces. */
export const hasNamespaces: Guard<CommandContext> = {
  id: 'no_netns',
  holds: capableOf('netns'),
  problem: ({ database }, target) => noNamespaces(database, target),
};

const elsewhere = `
  SELECT 1 FROM json_each(:cens) j
  WHERE NOT EXISTS (
      SELECT 1 FROM cens x WHERE x.hypervisor = ${hypervisor} AND x.name = j.value ->> 'name' AND x.desired = 'present')
    AND EXISTS (
      SELECT 1 FROM cens n WHERE n.name = j.value ->> 'name' AND n.hypervisor <> ${hypervisor} AND n.desired = 'present')`;

/** A CEN of that name is nowhere else, unless it is here, too: its containers live on one hypervisor. */
export function onOneHost<From>(names: NamesOf<From>): Guard<From & CommandContext> {
  return {
    id: 'elsewhere',
    holds: ({ isScoped }) => (isScoped ? null : `NOT EXISTS (${elsewhere})`),
    problem: (input) => onOtherHypervisor(input.database, names(input).cens ?? []),
  };
}

/** A CEN that gets members one by one stays below the limit, too, that a list of them has. */
export function withinSize<From>(names: NamesOf<From>): Guard<From> {
  return { id: 'cen_full', holds: noneTooLarge, problem: (input) => cenFull(names(input).cens ?? []) };
}

/** A name on the host that something else of ours has, and a container whose numbers are used up. */
export function networkConstraints<From>(names: NamesOf<From>): Constraint<From & CommandContext>[] {
  return [
    { violated: 'members.ordinal', problem: noNumberLeft },
    { violated: 'host_names', problem: (input, target) => linkConflict(input.database, target, names(input)) },
  ];
}
