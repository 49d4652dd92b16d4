import type * as v from 'valibot';
import { hostUpdateSchema } from '../../../schema/api/compute/hosts.ts';
import { UPDATE_DOMAIN } from '../../../schema/resources/domains/spec.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { reservationArguments, reserving } from '../../operations/targets/reservations.ts';
import { byName } from '../../operations/targets/target.ts';
import { domainExists, domainResource, domainStays, fromDomain } from './domain.ts';
import { isUnchanged, readOwnDomain } from './own.ts';

interface Updating extends CommandContext {
  readonly request: v.InferOutput<typeof hostUpdateSchema>;
}

const amountsOf = ({ request: { memory, vcpus } }: Updating) => ({ memory, cpu: vcpus });
const reservation = reserving(amountsOf);

const change = `
  UPDATE domains SET generation = generation + 1, spec = json_patch(spec, :changes) WHERE id = (SELECT d.id ${fromDomain})`;

/** Changes what a domain has from its next start on. */
export const updateDomain = defineCommand({
  kind: UPDATE_DOMAIN,
  role: 'operator',
  request: hostUpdateSchema,
  read: readOwnDomain,
  target: ({ found }) => byName(found.hypervisor),
  resource: domainResource,
  status: 'pending',
  result: ({ found }) => ({ was: found.body }),
  arguments: (input) => {
    const { name, ...changes } = input.request;
    return {
      ...{ name, changes: JSON.stringify(changes) },
      revision: expectedRevision(input.ifMatch, input.found.generation),
      ...reservationArguments(amountsOf(input)),
    };
  },
  guards: [domainExists, domainStays, isUnchanged, reservation.guard],
  rows: [change, reservation.row],
  subjects: [ownSubject],
});
