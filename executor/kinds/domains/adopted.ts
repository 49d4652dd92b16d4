import type { AdoptedDomain } from '../../../schema/resources/domains/finish.ts';
import { isActive } from '../../drivers/libvirt/driver.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';
import { type DomainPlaces, positionOf, volumeName } from './places.ts';

const BYTES_PER_GB = 2 ** 30;
const KIB_PER_MB = 1_024;

/** What the row of an adopted domain says: what the host has. */
export function adoptedOf(
  found: HostDomain,
  { volumes }: Pick<ObservedDomains, 'volumes'>,
  places: DomainPlaces,
): AdoptedDomain {
  const { uuid, state, memoryKib, vcpus, disks, nics } = found;
  const power = state === 'paused' ? 'paused' : isActive(state) ? 'running' : 'shut off';
  return {
    spec: { memory: Math.max(1, Math.round(memoryKib / KIB_PER_MB)), vcpus, autostart: true, power },
    disks: disks.flatMap(({ source, serial }) => {
      const position = source === null ? null : positionOf(places, uuid, source);
      if (position === null) return [];
      const bytes = volumes.get(volumeName(uuid, position))?.capacityBytes ?? 0;
      return { position, size: Math.max(1, Math.round(bytes / BYTES_PER_GB)), serial: serial ?? '' };
    }),
    nics: nics.map(({ mac, network }, position) => ({ position, mac, network: network ?? '' })),
  };
}
