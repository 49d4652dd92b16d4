import type { ClaimedOperation } from '../../../schema/resources/definition.ts';
import type { DomainRows, IdleDomain } from '../../../schema/resources/domains/definition.ts';
import type { DomainEnd } from '../../../schema/resources/domains/finish.ts';
import type { PowerAction } from '../../../schema/resources/domains/power.ts';
import type { DomainRow, DomainSettings, WantedDomain } from '../../../schema/resources/domains/rows.ts';
import {
  ADOPT_DOMAIN,
  CREATE_DOMAIN,
  DELETE_DOMAIN,
  DISCARD_DOMAIN,
  POWER_DOMAIN,
  type PowerRequest,
  REPAIR_DOMAIN,
  UPDATE_DOMAIN,
} from '../../../schema/resources/domains/spec.ts';
import type { Change } from '../resource.ts';
import type { Spec } from '../spec.ts';
import { adoptedOf } from './adopted.ts';
import type { AbsentDomain, DesiredDomain, PresentDomain } from './desired.ts';
import type { ObservedDomains } from './observed.ts';
import type { DomainPlaces } from './places.ts';

type DomainsSpec = Spec<DomainRows, IdleDomain, DesiredDomain, ObservedDomains, DomainEnd>;

/** The meaning of the rows of domains. */
export function domainsSpec(places: DomainPlaces): DomainsSpec {
  return {
    change,
    desired: ({ row, wanted, settings }) => (wanted === null ? absent(row.name, row) : kept(row, wanted, settings)),
    // A removal, or a repair, that has failed is tried again, also if a person has done its work.
    isUpToDate: ({ row, wanted }) => wanted !== null && row.state !== 'degraded',
    end({ after }, _ending, observed) {
      if (observed === null || after.wanted === 'change of nothing') return { observed: null };
      const id = after.wanted === 'present' ? after.domain.id : after.id;
      const found = id === null ? undefined : observed.domains.get(id);
      if (found === undefined) return { observed: null };
      const seen = { observed: { state: found.state, reason: found.reason } };
      return after.wanted === 'as it is' ? { ...seen, adopted: adoptedOf(found, observed, places) } : seen;
    },
  };
}

function change(operation: ClaimedOperation, rows: DomainRows): Change<DesiredDomain> | null {
  const { name, row, before, after, settings } = rows;
  const gone = absent(name, row);
  const to = (desired: DesiredDomain, undone: DesiredDomain = gone) => ({ before: undone, after: desired, total: 1 });
  const restored = before === null ? gone : asked(before, settings);
  switch (operation.kind) {
    case DELETE_DOMAIN:
    case DISCARD_DOMAIN:
      return to(gone, restored);
    case REPAIR_DOMAIN: {
      if (row === undefined || row.generation !== operation.generation) return null;
      const desired = after === null ? gone : kept(row, after, settings);
      return to(desired, desired);
    }
    default:
      if (row === undefined) return to({ wanted: 'change of nothing', name });
  }
  switch (operation.kind) {
    case ADOPT_DOMAIN:
      return to({ wanted: 'as it is', name, id: row.id }, { wanted: 'as it is', name, id: row.id });
    case CREATE_DOMAIN:
      return after === null ? null : to({ ...asked(after, settings), isNew: true });
    case POWER_DOMAIN: {
      if (after === null) return to({ wanted: 'change of nothing', name });
      const { action }: PowerRequest = JSON.parse(operation.request);
      return to(asked(after, settings, action), restored);
    }
    case UPDATE_DOMAIN:
      if (after === null || before === null) return to({ wanted: 'change of nothing', name });
      return to(kept(row, after, settings), kept(row, before, settings));
    default:
      return null;
  }
}

function asked(domain: WantedDomain, settings: DomainSettings, action: PowerAction | null = null): PresentDomain {
  return { wanted: 'present', domain, isNew: false, power: { is: 'asked', power: domain.power, action }, settings };
}

function kept({ state, reason, generation }: DomainRow, domain: WantedDomain, settings: DomainSettings): PresentDomain {
  const power = { is: 'kept', power: domain.power, recorded: { state, reason, generation } } as const;
  return { wanted: 'present', domain, isNew: false, power, settings };
}

function absent(name: string, row: DomainRow | undefined): AbsentDomain {
  return { wanted: 'absent', name, id: row?.id ?? null, positions: row?.disks.map(({ position }) => position) ?? [] };
}
