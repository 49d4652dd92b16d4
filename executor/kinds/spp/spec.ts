import { REPLAY, type SppRequest } from '../../../schema/api/spp/commands.ts';
import type { ClaimedOperation } from '../../../schema/resources/definition.ts';
import type { SppEnd, SppRows } from '../../../schema/resources/spp/definition.ts';
import type { ItemRow } from '../../../schema/resources/spp/items.ts';
import { sightingVersion } from '../../peers/spp-processes.ts';
import type { Spec } from '../spec.ts';
import type { SetItem, SppDesired, SppObserved } from './desired.ts';

/** The desired state of a process, and what is reported of it. `replay`: whether commands are replayed. */
export function sppSpec(replay: boolean): Spec<SppRows, SppRows, SppDesired, SppObserved, SppEnd> {
  const replayed = ({ process, items }: SppRows) => ({ process, items: items.map(itemOf) });
  return {
    isRepaired: replay,

    change: (operation, rows) => ({
      before: { process: rows.process, items: [] },
      after: operation.kind === REPLAY ? replayed(rows) : commandOf(operation),
      total: 1,
    }),

    desired: replayed,

    end({ after: { process } }, _ending, observed) {
      const seen = observed?.processes.get(process);
      return {
        sighting: seen ? { seen } : { process, version: sightingVersion() },
        tried: [...(observed?.tried ?? [])],
      };
    },
  };
}

function itemOf({ type, spec }: ItemRow): SetItem {
  return { type, command: JSON.parse(spec) };
}

function commandOf({ request, attempt }: ClaimedOperation): SppDesired {
  const { process, type, command }: SppRequest = JSON.parse(request);
  return { process, type, command, attempt };
}
