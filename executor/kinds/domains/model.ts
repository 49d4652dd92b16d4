import type { WantedDomain } from '../../../schema/resources/domains/rows.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';
import { consoleLog, type DomainPlaces, ownerLabel, volumeName, volumePath } from './places.ts';
import { type Difference, differences } from './xml/difference.ts';
import type { DomainModel, NicModel } from './xml/model.ts';

const KIB_PER_MB = 1_024;

/** All that a domain's XML is made of; `found`: the domain as it is. */
export function modelOf(
  domain: WantedDomain,
  found: HostDomain | undefined,
  observed: Pick<ObservedDomains, 'networks' | 'accelerator'>,
  places: DomainPlaces,
): DomainModel {
  const { id, name, generation, memory, vcpus, disks, nics } = domain;
  return {
    ...{ uuid: id, name, owner: ownerLabel(places, id), generation, vcpus },
    accelerator: acceleratorOf(found, observed),
    memoryKib: memory * KIB_PER_MB,
    disks: disks.map(({ position, serial }) => ({ source: volumePath(places, volumeName(id, position)), serial })),
    seed: null,
    nics: nics.map(({ mac, network }) => ({ mac, network, checksumOffload: offloadOf(mac, network, found, observed) })),
    consoleLog: consoleLog(places, id),
    boot: { from: 'disk' },
  };
}

/** A generation alone is none: actions raise it. */
export function definitionDifferences(model: DomainModel, found: HostDomain): Difference[] {
  return differences(model, found).filter(({ name }) => name !== 'generation');
}

/** A domain that was made without KVM stays so; one that was made with it does not start on a host without it. */
function acceleratorOf(
  found: HostDomain | undefined,
  { accelerator }: Pick<ObservedDomains, 'accelerator'>,
): DomainModel['accelerator'] {
  return found?.accelerator === 'qemu' ? 'qemu' : accelerator;
}

function offloadOf(
  mac: string,
  network: string,
  found: HostDomain | undefined,
  { networks }: Pick<ObservedDomains, 'networks'>,
): NicModel['checksumOffload'] {
  const known = networks.get(network)?.checksumOffload ?? null;
  if (known !== null) return known;
  // It works on any datapath without, and what is there is not changed without a reason.
  return found?.nics.find((nic) => nic.mac === mac)?.checksumOffload ?? false;
}
