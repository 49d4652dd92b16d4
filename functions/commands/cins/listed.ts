import { cinListSchema } from '../../../schema/api/leviathan-cins.ts';
import { defineListed } from '../networks/listed.ts';
import { partResources } from '../networks/member-statements.ts';
import { cinKind } from '../networks/network-kind.ts';
import { countParts, partSubjects } from './cen-statements.ts';

/** A command on a list of CINs. */
export function listedCins(operation: string, made: boolean) {
  return defineListed({
    operation,
    network: cinKind,
    request: cinListSchema,
    made,
    countParts,
    subjects: [partResources, ...partSubjects],
  });
}
