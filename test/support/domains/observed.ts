import type { PresentDomain, WantedPower } from '../../../executor/kinds/domains/desired.ts';
import { modelOf } from '../../../executor/kinds/domains/model.ts';
import type { HostDomain, ObservedDomains } from '../../../executor/kinds/domains/observed.ts';
import { domainPlaces } from '../../../executor/kinds/domains/places.ts';
import { readDomain } from '../../../executor/kinds/domains/xml/read.ts';
import { domainXml } from '../../../executor/kinds/domains/xml/write.ts';
import type { Power } from '../../../schema/resources/domains/power.ts';

/* A domain as its row wants it, and as the host has it. */

export const ID = '0190a000-0000-7000-8000-00000000000a';

export const places = domainPlaces('/var/lib/weft', '0190a000-0000-7000-8000-000000000001');

export function kept(power: Power): WantedPower {
  return { is: 'kept', power, recorded: { state: power, reason: 'unknown', generation: 3 } };
}

export function wantedDomain(changes: Partial<PresentDomain> = {}): PresentDomain {
  return {
    wanted: 'present',
    domain: {
      ...{ id: ID, name: 'web1', generation: 3, memory: 64, vcpus: 1, autostart: true, power: 'running' },
      disks: [0, 1].map((position) => ({ position, size: 8, serial: `serial-${position}` })),
      nics: [{ position: 0, network: 'lan', mac: '02:00:00:00:00:01' }],
    },
    isNew: false,
    power: kept('running'),
    settings: { onCrash: 'restart', shutdownTimeoutMs: 5_000 },
    ...changes,
  };
}

/** What libvirt says of the domain, as weft defines it. */
export function foundDomain(changes: Partial<HostDomain> = {}): HostDomain {
  const xml = domainXml(modelOf(wantedDomain().domain, undefined, observedDomains({}), places));
  return {
    ...readDomain(xml),
    ...{ state: 'running', reason: 'booted', isPersistent: true, isAutostarted: false },
    ...{ requestedBy: null, hasRun: true },
    ...changes,
  };
}

/** A host with these domains. */
export function observedDomains({
  found = [],
  ...changes
}: Partial<ObservedDomains> & { readonly found?: readonly HostDomain[] }): ObservedDomains {
  return {
    libvirt: 'ready',
    domains: new Map(found.map((each) => [each.uuid, each])),
    names: new Map(found.map(({ name, uuid }) => [name, uuid])),
    pool: 'active',
    volumes: new Map(),
    consoles: new Set(),
    networks: new Map([['lan', { isActive: true, checksumOffload: true }]]),
    accelerator: 'qemu',
    isHostGoingDown: false,
    taken: new Set(),
    ...changes,
  };
}
