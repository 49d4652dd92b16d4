import { Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { ofContainer } from '../containers/host.ts';
import { networkArguments } from '../networks/arguments.ts';
import { hasNamespaces, networkConstraints, onOneHost, withinSize } from '../networks/guards.ts';
import { addMembers, allocateOutsideNames } from '../networks/member-statements.ts';
import { allocateBridges, allocateNamespaces, declareCens, declareContainers } from '../networks/statements.ts';
import { cenResource } from './cen.ts';
import { membershipNames, membershipSchema, membershipSubjects } from './membership.ts';
import { isNoCin, readNamedCin } from './named-by-cin.ts';

/**
 * Adds a container to a CEN, creating either where it does not exist; if the CEN is made, the container is wired at
 * once.
 */
export const joinCen = defineCommand({
  kind: 'cen.join',
  role: 'operator',
  request: membershipSchema,
  target: ofContainer,
  resource: cenResource,
  status: 'pending',
  arguments: ({ request: { contID, cenID } }) => ({
    ...networkArguments({ memberships: [{ cen: cenID, containers: [contID] }], mode: 'make' }),
    cen: cenID,
    container: contID,
  }),
  guards: [
    // The name is looked up only where it is a CIN's: then the request is prepared again.
    { id: 'names_cin', holds: isNoCin, problem: () => new VersionConflict() },
    hasNamespaces,
    onOneHost(membershipNames),
  ],
  rows: [declareContainers, declareCens, allocateNamespaces, allocateBridges, addMembers, allocateOutsideNames],
  subjects: [membershipSubjects],
  invariants: [withinSize(membershipNames)],
  constraints: networkConstraints(membershipNames),
});

/** The CEN that a container joins by this name. Throws a 422 for a CIN without CENs. */
export async function cenToJoin(context: CommandContext, name: string): Promise<string> {
  const { isCin, cen } = await readNamedCin(context, name);
  if (!isCin) return name;
  if (cen !== null) return cen;
  throw new Problem('impossible', `CIN ${name} has no CEN`, {
    hint: 'A container joins the first CEN of a CIN: import the CIN with one first',
    errors: [{ parameter: 'CenId', detail: `CIN ${name} has no CEN` }],
  });
}
