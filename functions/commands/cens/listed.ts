import { cenListSchema } from '../../../schema/api/leviathan.ts';
import { defineListed } from '../networks/listed.ts';
import { countParts, partCins, partContainers, partResources } from '../networks/member-statements.ts';
import { cenKind } from '../networks/network-kind.ts';

/** A command on a list of CENs. */
export function listedCens(operation: string, made: boolean) {
  return defineListed({
    operation,
    network: cenKind,
    request: cenListSchema,
    made,
    countParts,
    subjects: [partResources, partContainers('m.removed IS NULL'), ...partCins],
  });
}
