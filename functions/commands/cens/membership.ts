import * as v from 'valibot';
import { cenIdSchema, containerIdSchema } from '../../../schema/api/leviathan.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';
import type { RequestedNames } from '../networks/link-conflict.ts';

/** The membership of a container in a CEN. */
export const membershipSchema = v.object({ contID: containerIdSchema, cenID: cenIdSchema });

interface Asked {
  readonly request: v.InferOutput<typeof membershipSchema>;
}

export function membershipNames({ request }: Asked): Required<RequestedNames> {
  return { cens: [request.cenID], containers: [request.contID] };
}

/** Subjects of the change: its CEN, `:cen`, and its container, `:container`. */
export const membershipSubjects = `
  SELECT 'hypervisors/' || ${hypervisor} || '/cens/' || :cen, ${operationSequence}
  UNION ALL
  SELECT 'hypervisors/' || ${hypervisor} || '/containers/' || :container, ${operationSequence}`;
