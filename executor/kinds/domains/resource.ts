import { labelledResource } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import { domainResource } from '../../../schema/resources/domains/rows.ts';
import type { HostAccess, Resource } from '../resource.ts';
import type { DesiredDomain, DomainStep } from './desired.ts';
import type { DomainNotes } from './notes.ts';
import type { DomainObserver, DomainsAccess } from './observe.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';
import { ownerLabel } from './places.ts';
import { planDomain } from './plan.ts';
import { seenOf } from './seen.ts';
import { DomainSteps } from './steps.ts';

export type DomainsResource = Resource<DesiredDomain, ObservedDomains, DomainStep>;

/** Domains of libvirt, with their disks in weft's pool. */
export function domainsResource(access: DomainsAccess, observer: DomainObserver, notes: DomainNotes): DomainsResource {
  const { libvirt, places } = access;
  const steps = new DomainSteps(access);

  function beginAttempt(): HostAccess<DesiredDomain, ObservedDomains, DomainStep> {
    const taken = new Set<string>();
    return {
      async observe(desired) {
        exclude([desired]);
        const observed = await observer.observeOne(desired, taken);
        await notes.see(seenOf([desired], observed));
        return observed;
      },
      async apply(step, isUnwanted = () => false) {
        await steps.take(step, isUnwanted);
        taken.add(step.name);
      },
    };
  }

  function exclude(desired: readonly DesiredDomain[]): void {
    notes.exclude(desired.flatMap((each) => (each.wanted === 'present' ? each.domain.id : idOf(each))));
  }

  return {
    ...beginAttempt(),
    beginAttempt,
    async observeAll(desired) {
      exclude(desired);
      const began = notes.begin();
      const observed = await observer.observeAll(desired);
      await notes.see(seenOf(desired, observed));
      if (observed.libvirt === 'ready') notes.seeAll([...observed.domains.values()], began);
      return observed;
    },
    plan: (desired, observed) => planDomain(desired, observed, places),
    removes: ({ name }) => name === 'domain.undefine' || name === 'volume.delete',
    labels: {
      kinds: ['domain'],
      find: ({ domains }, prefix) => [...domains.values()].flatMap((each) => labelled(each, prefix)),
    },
    watch: (changed) =>
      libvirt.subscribe((event) => {
        if (event.kind === 'everything') changed('all');
        else if (event.kind !== 'network') changed([domainResource(event.uuid)]);
      }),
  };

  /** A copy of a domain that somebody made bears the label of the original: it is theirs. */
  function labelled({ uuid, name, owner }: HostDomain, prefix: string): Labelled[] {
    const resource = owner === ownerLabel(places, uuid) ? labelledResource(owner, prefix) : null;
    return owner === null || resource === null ? [] : [{ kind: 'domain', place: null, name, label: owner, resource }];
  }
}

function idOf(desired: Exclude<DesiredDomain, { readonly wanted: 'present' }>): string[] {
  return desired.wanted === 'change of nothing' || desired.id === null ? [] : [desired.id];
}
