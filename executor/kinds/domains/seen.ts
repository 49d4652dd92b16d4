import type { SeenDomain } from '../../../schema/resources/domains/notes.ts';
import type { DesiredDomain } from './desired.ts';
import { followUp } from './follow-up.ts';
import type { ObservedDomains } from './observed.ts';

/** What is to be written of domains that no operation changes: what has changed in them since their rows were read. Pure. */
export function seenOf(desired: readonly DesiredDomain[], observed: ObservedDomains): SeenDomain[] {
  return desired.flatMap((each): SeenDomain[] => {
    if (each.wanted !== 'present' || each.power.is !== 'kept') return [];
    const { power, recorded } = each.power;
    const found = observed.domains.get(each.domain.id);
    if (found === undefined) return [];
    const { state, reason } = found;
    const next = followUp(each, found, observed);
    const isState = recorded.state === state || recorded.state === 'degraded';
    if (isState && recorded.reason === reason && next.power === power) return [];
    const seen = { id: each.domain.id, state, reason, by: next.by ?? undefined };
    return [next.power === power ? seen : { ...seen, power: next.power, generation: recorded.generation }];
  });
}
