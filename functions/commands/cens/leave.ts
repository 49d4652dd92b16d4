import { Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';
import { ofContainer } from '../containers/host.ts';
import { cenResource } from './cen.ts';
import { membershipSchema, membershipSubjects } from './membership.ts';
import { readNamedCin } from './named-by-cin.ts';

const selectMember = `
  SELECT m.id FROM cens n
  CROSS JOIN containers c ON c.hypervisor = n.hypervisor AND c.name = :container
  CROSS JOIN members m ON m.cen = n.id AND m.container = c.id AND m.removed IS NULL
  WHERE n.hypervisor = ${hypervisor} AND n.name = :cen`;

/** Removes a container from a CEN. */
export const leaveCen = defineCommand({
  kind: 'cen.leave',
  role: 'operator',
  request: membershipSchema,
  target: ofContainer,
  resource: cenResource,
  status: 'pending',
  arguments: ({ request }) => ({ container: request.contID, cen: request.cenID }),
  guards: [
    {
      id: 'no_member',
      holds: `EXISTS (${selectMember})`,
      problem: async (input) => {
        const { contID, cenID } = input.request;
        const { isCin, cen } = await readNamedCin(input, cenID);
        // The request is prepared again, for that CEN.
        if (isCin && cen !== null) return new VersionConflict();
        return noMember(namedHost(input), contID, cenID);
      },
    },
  ],
  rows: [`UPDATE members SET removed = ${operationSequence} WHERE id = (${selectMember})`],
  subjects: [membershipSubjects],
});

function noMember(host: string, container: string, cen: string): Problem {
  return new Problem('not_found', `Container ${container} on ${host} is not in CEN ${cen}`, {
    errors: [{ parameter: 'CenId', detail: `${container} is not in ${cen}` }],
  });
}

/** The CEN that a container leaves by this name. */
export async function cenToLeave(context: CommandContext, name: string): Promise<string> {
  const { isCin, cen } = await readNamedCin(context, name);
  return isCin && cen !== null ? cen : name;
}
