import { defineCommand } from '../../operations/command.ts';
import { ofContainer } from '../containers/host.ts';
import { networkArguments } from '../networks/arguments.ts';
import { hasNamespaces, networkConstraints, onOneHost, withinSize } from '../networks/guards.ts';
import { addMembers, allocateOutsideNames } from '../networks/member-statements.ts';
import { allocateBridges, allocateNamespaces, declareCens, declareContainers } from '../networks/statements.ts';
import { cenResource } from './cen.ts';
import { membershipNames, membershipSchema, membershipSubjects } from './membership.ts';

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
  guards: [hasNamespaces, onOneHost(membershipNames)],
  rows: [declareContainers, declareCens, allocateNamespaces, allocateBridges, addMembers, allocateOutsideNames],
  subjects: [membershipSubjects],
  invariants: [withinSize(membershipNames)],
  constraints: networkConstraints(membershipNames),
});
