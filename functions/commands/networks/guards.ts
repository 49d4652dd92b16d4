import type { CommandContext } from '../../operations/command-context.ts';
import type { Constraint, Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { capableOf } from '../../operations/targets/target.ts';
import { NO_ADDRESS, noAddressLeft } from '../cins/room.ts';
import { linkConflict, type RequestedNames } from './link-conflict.ts';
import { noneTooLarge } from './member-statements.ts';
import { cenFull, noNamespaces, noNumberLeft, onOtherHypervisor } from './problems.ts';

/** Gets the names from the input of a command. */
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

/**
 * No other hypervisor has a CEN of that name, unless this one has it, too: the containers of a CEN are on one
 * hypervisor.
 */
export function onOneHost<From>(names: NamesOf<From>): Guard<From & CommandContext> {
  return {
    id: 'elsewhere',
    holds: ({ isScoped }) => (isScoped ? null : `NOT EXISTS (${elsewhere})`),
    problem: (input) => onOtherHypervisor(input.database, names(input).cens ?? []),
  };
}

/** The limit on members of a list applies as well to a CEN that gets its members one by one. */
export function withinSize<From>(names: NamesOf<From>): Guard<From> {
  return { id: 'cen_full', holds: noneTooLarge, problem: (input) => cenFull(names(input).cens ?? []) };
}

/**
 * Aborts on a name that another object of weft has on the host, on a container without a free interface number, and on
 * one for which a CIN has no address.
 */
export function networkConstraints<From>(names: NamesOf<From>): Constraint<From & CommandContext>[] {
  return [
    { violated: 'members.ordinal', problem: noNumberLeft },
    {
      violated: NO_ADDRESS,
      problem: (input, target) => noAddressLeft(input.database, target, names(input).cens ?? []),
    },
    { violated: 'host_names', problem: (input, target) => linkConflict(input.database, target, names(input)) },
  ];
}
