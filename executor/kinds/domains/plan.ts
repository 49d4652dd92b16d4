import { isActive } from '../../drivers/libvirt/driver.ts';
import type { AbsentDomain, AdoptedDomain, DesiredDomain, DomainStep, PresentDomain } from './desired.ts';
import { definitionDifferences, modelOf } from './model.ts';
import type { HostDomain, ObservedDomains } from './observed.ts';
import { type DomainPlaces, positionOf, volumeName } from './places.ts';
import { planPower, planStart } from './plan-power.ts';
import { diskMissing, foreignName, missing, neverMade, noNetwork, renamed } from './problems.ts';

const SETUP: DomainStep = { name: 'libvirt.setup', item: null };
const ENSURE_POOL: DomainStep = { name: 'pool.ensure', item: null };

const BYTES_PER_GB = 2 ** 30;

/** The steps to the desired state of a domain, or the first of them. Throws a Problem if it cannot be reached. */
export function planDomain(desired: DesiredDomain, observed: ObservedDomains, places: DomainPlaces): DomainStep[] {
  if (desired.wanted === 'change of nothing') throw neverMade(desired.name);
  // Without libvirt there is no domain.
  if (desired.wanted === 'absent' && (desired.id === null || observed.libvirt === 'absent')) return [];
  if (observed.libvirt !== 'ready') return [SETUP];
  switch (desired.wanted) {
    case 'present': {
      const found = observed.domains.get(desired.domain.id);
      return found === undefined
        ? planCreation(desired, observed, places)
        : planChange(desired, found, observed, places);
    }
    case 'as it is':
      return planAdoption(desired, observed);
    case 'absent':
      return planRemoval(desired, observed, places);
  }
}

/** Its disks are made first: what is defined can be started. */
function planCreation(desired: PresentDomain, observed: ObservedDomains, places: DomainPlaces): DomainStep[] {
  const { domain } = desired;
  const occupant = observed.names.get(domain.name);
  if (occupant !== undefined) throw foreignName(domain.name, occupant);
  requireNetworks(desired, observed);
  if (observed.pool !== 'active') return [ENSURE_POOL];
  const model = modelOf(domain, undefined, observed, places);
  return [...planDisks(desired, observed), { name: 'domain.define', ...of(domain), model }, ...planStart(desired)];
}

function planDisks({ domain, isNew }: PresentDomain, { volumes }: ObservedDomains): DomainStep[] {
  return domain.disks.flatMap(({ position, size }): DomainStep[] => {
    const volume = volumeName(domain.id, position);
    const found = volumes.get(volume);
    const create: DomainStep = { name: 'volume.create', ...of(domain), volume, gigabytes: size };
    if (found === undefined) {
      if (isNew) return [create];
      throw diskMissing(domain.name, volume);
    }
    // Its creation was interrupted.
    const isWhole = found?.format === 'qcow2' && found.capacityBytes === size * BYTES_PER_GB;
    return isNew && !isWhole ? [{ name: 'volume.delete', ...of(domain), volume }, create] : [];
  });
}

/** What is running keeps the definition of its start. */
function planChange(
  desired: PresentDomain,
  found: HostDomain,
  observed: ObservedDomains,
  places: DomainPlaces,
): DomainStep[] {
  const { domain } = desired;
  // libvirt renames no domain by its definition.
  if (found.name !== domain.name) throw renamed(domain.name, found.name);
  const model = modelOf(domain, found, observed, places);
  const isDefined = found.isPersistent && definitionDifferences(model, found).length === 0;
  const power = planPower(desired, found, observed);
  if (power.some(({ name }) => name === 'domain.start')) requireNetworks(desired, observed);
  return [
    ...(isDefined ? [] : [{ name: 'domain.define', ...of(domain), model } as const]),
    // libvirtd would start it without knowing what is wanted.
    ...(found.isAutostarted ? [{ name: 'domain.autostart', ...of(domain) } as const] : []),
    ...power,
  ];
}

function planAdoption({ id, name }: AdoptedDomain, { domains, pool }: ObservedDomains): DomainStep[] {
  const found = domains.get(id);
  if (found === undefined) throw missing(name);
  if (found.name !== name) throw renamed(name, found.name);
  if (pool !== 'active') return [ENSURE_POOL];
  return found.isAutostarted ? [{ name: 'domain.autostart', item: name, id }] : [];
}

/**
 * Volumes that only the definition tells of are deleted before it, the others after it: then a removal that is cancelled
 * in time has lost none.
 */
function planRemoval(
  { id, name, positions }: AbsentDomain,
  observed: ObservedDomains,
  places: DomainPlaces,
): DomainStep[] {
  if (id === null) return [];
  const { domains, volumes, pool } = observed;
  const domain = { item: name, id };
  const found = domains.get(id);
  const recorded = positions.map((position) => volumeName(id, position));
  const others = (found?.disks ?? []).flatMap(({ source }) => {
    const position = source === null ? null : positionOf(places, id, source);
    return position === null || positions.includes(position) ? [] : [volumeName(id, position)];
  });
  const present = (names: readonly string[]) => names.filter((volume) => volumes.has(volume));
  if (pool !== 'active' && present([...recorded, ...others]).length > 0) return [ENSURE_POOL];
  const remove = (names: readonly string[]) =>
    present(names).map((volume): DomainStep => ({ name: 'volume.delete', ...domain, volume }));
  return [
    ...(found !== undefined && isActive(found.state) ? [{ name: 'domain.destroy', ...domain } as const] : []),
    ...remove(others),
    ...(found?.isPersistent ? [{ name: 'domain.undefine', ...domain } as const] : []),
    ...remove(recorded),
    ...(observed.consoles.has(id) ? [{ name: 'console.delete', ...domain } as const] : []),
  ];
}

function requireNetworks({ domain }: PresentDomain, { networks }: ObservedDomains): void {
  for (const { network } of domain.nics) {
    if (networks.get(network)?.isActive !== true) throw noNetwork(network, networks.has(network));
  }
}

function of({ id, name }: PresentDomain['domain']): { readonly item: string; readonly id: string } {
  return { item: name, id };
}
